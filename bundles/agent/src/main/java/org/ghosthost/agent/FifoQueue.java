package org.ghosthost.agent;

import org.jspecify.annotations.Nullable;

/**
 * A run queue, linked through the tasks themselves: every operation is O(1) and allocates nothing. A task is in one
 * queue at a time.
 */
public final class FifoQueue<T extends Task> {
    // Ends the ring of links on both sides, so that no operation has a special case.
    private final Task end = new Task();
    private int size;

    /** An empty queue. */
    public FifoQueue() {
        end.next = end;
        end.previous = end;
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
        link(task, end);
    }

    /** Puts a task to the back. */
    public void addLast(T task) {
        link(task, before(end));
    }

    /** The task at the front, which stays there; null if there is none. */
    public @Nullable T first() {
        return size == 0 ? null : cast(after(end));
    }

    /** The task at the back, which stays there; null if there is none. */
    public @Nullable T last() {
        return size == 0 ? null : cast(before(end));
    }

    /** Takes the task at the front; null if there is none. */
    public @Nullable T pollFirst() {
        return size == 0 ? null : unlink(after(end));
    }

    /** Takes the task at the back; null if there is none. */
    public @Nullable T pollLast() {
        return size == 0 ? null : unlink(before(end));
    }

    /** Takes a task out, wherever it is. False if it is not in this queue. */
    public boolean remove(T task) {
        if (task.queue != this) {
            return false;
        }
        unlink(task);
        return true;
    }

    /** The task behind {@code task}, which is in this queue; null at the back. */
    @SuppressWarnings("ReferenceEquality") // a task is equal to itself only
    public @Nullable T next(T task) {
        Task next = after(task);
        return next == end ? null : cast(next);
    }

    /** The task before {@code task}, which is in this queue; null at the front. */
    @SuppressWarnings("ReferenceEquality") // a task is equal to itself only
    public @Nullable T previous(T task) {
        Task previous = before(task);
        return previous == end ? null : cast(previous);
    }

    /** Whether the task is in this queue. */
    public boolean contains(T task) {
        return task.queue == this;
    }

    /** Number of tasks. */
    public int size() {
        return size;
    }

    /** Whether there is no task. */
    public boolean isEmpty() {
        return size == 0;
    }

    private void link(Task task, Task before) {
        if (task.queue != null) {
            throw new IllegalStateException("task is in a queue already: " + task);
        }
        Task after = after(before);
        task.previous = before;
        task.next = after;
        before.next = task;
        after.previous = task;
        task.queue = this;
        size++;
    }

    private T unlink(Task task) {
        Task before = before(task);
        Task after = after(task);
        before.next = after;
        after.previous = before;
        task.queue = null;
        size--;
        return cast(task);
    }

    @SuppressWarnings("NullAway") // the links of a task in a queue form a ring
    private static Task after(Task task) {
        return task.next;
    }

    @SuppressWarnings("NullAway") // as after()
    private static Task before(Task task) {
        return task.previous;
    }

    @SuppressWarnings("unchecked") // only a T is ever linked, but for the end
    private T cast(Task task) {
        return (T) task;
    }
}
