package org.ghosthost.agent;

import org.jspecify.annotations.Nullable;

/**
 * A run queue, linked through the tasks themselves: every operation is O(1) and allocates nothing. A task is in one
 * queue at a time.
 */
public final class FifoQueue<T extends Task> {
    private static final int NONE = -1;

    private final TaskMap<T> tasks;
    private final int number;
    private int first = NONE;
    private int last = NONE;
    private int size;

    /** An empty queue for tasks of this map. */
    public FifoQueue(TaskMap<T> tasks) {
        this.tasks = tasks;
        number = tasks.newQueue();
    }

    /** Puts a boosted task to the front, any other one to the back. */
    public void add(T task) {
        if (task.boosted) {
            addFirst(task);
        } else {
            addLast(task);
        }
    }

    /** Puts a task to the front. */
    public void addFirst(T task) {
        enter(task);
        task.previous = NONE;
        task.next = first;
        if (first == NONE) {
            last = task.statusWord;
        } else {
            tasks.get(first).previous = task.statusWord;
        }
        first = task.statusWord;
    }

    /** Puts a task to the back. */
    public void addLast(T task) {
        enter(task);
        task.next = NONE;
        task.previous = last;
        if (last == NONE) {
            first = task.statusWord;
        } else {
            tasks.get(last).next = task.statusWord;
        }
        last = task.statusWord;
    }

    /** The task at the front, which stays there; null if there is none. */
    public @Nullable T first() {
        return orNull(first);
    }

    /** The task at the back, which stays there; null if there is none. */
    public @Nullable T last() {
        return orNull(last);
    }

    /** Takes the task at the front; null if there is none. */
    public @Nullable T pollFirst() {
        T task = first();
        if (task != null) {
            remove(task);
        }
        return task;
    }

    /** Takes the task at the back; null if there is none. */
    public @Nullable T pollLast() {
        T task = last();
        if (task != null) {
            remove(task);
        }
        return task;
    }

    /** Takes a task out, wherever it is. False if it is not in this queue. */
    public boolean remove(T task) {
        if (task.queue != number) {
            return false;
        }
        if (task.previous == NONE) {
            first = task.next;
        } else {
            tasks.get(task.previous).next = task.next;
        }
        if (task.next == NONE) {
            last = task.previous;
        } else {
            tasks.get(task.next).previous = task.previous;
        }
        task.queue = 0;
        size--;
        return true;
    }

    /** The task behind {@code task}, which is in this queue; null at the back. */
    public @Nullable T next(T task) {
        return orNull(task.next);
    }

    /** The task before {@code task}, which is in this queue; null at the front. */
    public @Nullable T previous(T task) {
        return orNull(task.previous);
    }

    /** Whether the task is in this queue. */
    public boolean contains(T task) {
        return task.queue == number;
    }

    /** Number of tasks. */
    public int size() {
        return size;
    }

    /** Whether there is no task. */
    public boolean isEmpty() {
        return first == NONE;
    }

    private void enter(T task) {
        if (task.queue != 0) {
            throw new IllegalStateException("task is in a queue already: " + task);
        }
        task.queue = number;
        size++;
    }

    private @Nullable T orNull(int statusWord) {
        return statusWord == NONE ? null : tasks.get(statusWord);
    }
}
