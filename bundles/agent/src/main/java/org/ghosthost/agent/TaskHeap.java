package org.ghosthost.agent;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A run queue in order: a binary heap whose tasks know their place, so that one in the middle is moved or removed in
 * O(log n). Tasks that compare equal leave in the order in which they came. Allocates only when it has never been as
 * large before. A task is in one heap at a time.
 */
@SuppressWarnings("ReferenceEquality") // a task is equal to itself only
public final class TaskHeap<T extends Task> {
    private static final int FIRST_CAPACITY = 64;

    private final Comparator<? super T> order;
    private @Nullable Task[] heap = new Task[FIRST_CAPACITY];
    private int size;
    private long tickets;

    /** An empty heap; the least task by {@code order} is first. */
    public TaskHeap(Comparator<? super T> order) {
        this.order = order;
    }

    /** Adds a task. */
    public void add(T task) {
        if (task.heapIndex >= 0) {
            throw new IllegalStateException("task is in a heap already: " + task);
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        task.heapTicket = tickets++;
        up(size++, task);
    }

    /** The least task, which stays there; null if there is none. */
    public @Nullable T first() {
        return size == 0 ? null : at(0);
    }

    /** Takes the least task; null if there is none. */
    public @Nullable T pollFirst() {
        T task = first();
        if (task != null) {
            remove(task);
        }
        return task;
    }

    /** Takes a task out, wherever it is. False if it is not in a heap. */
    public boolean remove(T task) {
        int hole = task.heapIndex;
        if (hole < 0) {
            return false;
        }
        task.heapIndex = -1;
        T last = at(--size);
        heap[size] = null;
        if (hole != size) {
            place(hole, last);
        }
        return true;
    }

    /** Moves a task to where it belongs, after what it is compared by has changed. Nothing if it is not in a heap. */
    public void update(T task) {
        if (task.heapIndex >= 0) {
            place(task.heapIndex, task);
        }
    }

    /** Whether the task is in a heap. */
    public boolean contains(T task) {
        return task.heapIndex >= 0;
    }

    /** The task in the last place, which none goes after that it was compared with; null if there is none. */
    public @Nullable T last() {
        return size == 0 ? null : at(size - 1);
    }

    /** The task in the place before that of {@code task}, which is in this heap; null at the first. */
    public @Nullable T previous(T task) {
        return task.heapIndex == 0 ? null : at(task.heapIndex - 1);
    }

    /** Whether there is no task. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** Number of tasks. */
    public int size() {
        return size;
    }

    private void place(int index, T task) {
        if (index > 0 && before(task, at((index - 1) >>> 1))) {
            up(index, task);
        } else {
            down(index, task);
        }
    }

    private void up(int from, T task) {
        int index = from;
        while (index > 0) {
            int parent = (index - 1) >>> 1;
            T above = at(parent);
            if (!before(task, above)) {
                break;
            }
            set(index, above);
            index = parent;
        }
        set(index, task);
    }

    private void down(int from, T task) {
        int index = from;
        for (int child = 2 * index + 1; child < size; child = 2 * index + 1) {
            T least = at(child);
            if (child + 1 < size && before(at(child + 1), least)) {
                child++;
                least = at(child);
            }
            if (!before(least, task)) {
                break;
            }
            set(index, least);
            index = child;
        }
        set(index, task);
    }

    private void set(int index, T task) {
        heap[index] = task;
        task.heapIndex = index;
    }

    private boolean before(T one, T other) {
        int compared = order.compare(one, other);
        return compared != 0 ? compared < 0 : one.heapTicket < other.heapTicket;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // below size there are tasks, and only a T is ever added
    private T at(int index) {
        return (T) heap[index];
    }
}
