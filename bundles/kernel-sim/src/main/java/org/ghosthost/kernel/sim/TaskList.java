package org.ghosthost.kernel.sim;

import org.jspecify.annotations.Nullable;

/** A doubly linked list through the tasks themselves; a task is in one at a time. */
final class TaskList {
    @Nullable Task head;
    @Nullable Task tail;
    int size;

    boolean isEmpty() {
        return head == null;
    }

    void addLast(Task task) {
        task.list = this;
        task.prev = tail;
        task.next = null;
        if (tail == null) {
            head = task;
        } else {
            tail.next = task;
        }
        tail = task;
        size++;
    }

    void addFirst(Task task) {
        task.list = this;
        task.next = head;
        task.prev = null;
        if (head == null) {
            tail = task;
        } else {
            head.prev = task;
        }
        head = task;
        size++;
    }

    void remove(Task task) {
        Task prev = task.prev;
        Task next = task.next;
        if (prev == null) {
            head = next;
        } else {
            prev.next = next;
        }
        if (next == null) {
            tail = prev;
        } else {
            next.prev = prev;
        }
        task.list = null;
        task.prev = null;
        task.next = null;
        size--;
    }

    @Nullable Task poll() {
        Task first = head;
        if (first != null) {
            remove(first);
        }
        return first;
    }
}
