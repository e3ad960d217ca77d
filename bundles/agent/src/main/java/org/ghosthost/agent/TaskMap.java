package org.ghosthost.agent;

import java.util.Arrays;
import java.util.function.Supplier;
import org.ghosthost.policy.Message;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that a policy knows. A message names the task's status word, so finding its task is one array access and
 * a check of the gtid. The object of a task that is gone waits at its index for the next one: nothing is allocated
 * once every status word has been in use.
 */
@SuppressWarnings("ReferenceEquality") // a task is equal to itself only
public final class TaskMap<T extends Task> {
    private static final int FIRST_CAPACITY = 64;

    private final int maxTasks;
    private final Supplier<? extends T> maker;
    private @Nullable Task[] slots;
    private int size;
    private int queues;

    // By gtid: for outcomes that name no status word. Chains through the tasks; as many buckets as slots.
    private @Nullable Task[] buckets;

    /**
     * An empty map.
     *
     * @param maxTasks status words have indices below this
     * @param maker makes a task object; called once for each status word that comes into use
     */
    public TaskMap(int maxTasks, Supplier<? extends T> maker) {
        if (maxTasks <= 0) {
            throw new IllegalArgumentException("maxTasks must be positive: " + maxTasks);
        }
        this.maxTasks = maxTasks;
        this.maker = maker;
        slots = new Task[FIRST_CAPACITY];
        buckets = new Task[FIRST_CAPACITY];
    }

    /**
     * The task that a message is about, with its sequence number moved on; null if the task is not known, or was seen
     * in a later state already.
     */
    public @Nullable T advance(Message message) {
        int statusWord = message.statusWord();
        @Nullable Task[] all = slots;
        if (statusWord < 0 || statusWord >= all.length) {
            return null;
        }
        Task task = all[statusWord];
        // The object of a task that is gone has the gtid 0, which no message has.
        if (task == null || task.gtid != message.gtid() || message.seqnum() - task.seqnum <= 0) {
            return null;
        }
        task.seqnum = message.seqnum();
        return cast(task);
    }

    /** The task with this status word; null if there is none. */
    public @Nullable T at(int statusWord) {
        if (statusWord < 0 || statusWord >= slots.length) {
            return null;
        }
        T task = cast(slots[statusWord]);
        return task == null || task.gtid == 0 ? null : task;
    }

    /** The task with this status word, of which the caller knows that it is there. */
    @SuppressWarnings("NullAway") // as the caller knows
    T get(int statusWord) {
        return cast(slots[statusWord]);
    }

    /** A number for another queue of these tasks. */
    int newQueue() {
        return ++queues;
    }

    /** The task with this gtid; null if there is none. */
    public @Nullable T find(long gtid) {
        Task task = buckets[bucket(gtid)];
        while (task != null && task.gtid != gtid) {
            task = task.nextInBucket;
        }
        return cast(task);
    }

    /**
     * Adds a task; the status word must not be another one's.
     *
     * @throws IllegalArgumentException if the index is out of range
     */
    public T add(long gtid, int statusWord, int seqnum) {
        if (statusWord < 0 || statusWord >= maxTasks) {
            throw new IllegalArgumentException("status word is out of range 0.." + (maxTasks - 1) + ": " + statusWord);
        }
        if (statusWord >= slots.length) {
            grow(statusWord);
        }
        T task = cast(slots[statusWord]);
        if (task == null) {
            task = maker.get();
            slots[statusWord] = task;
        } else if (task.gtid != 0) {
            throw new IllegalStateException("status word " + statusWord + " is that of " + task);
        }
        task.begin(gtid, statusWord, seqnum);
        chain(task);
        size++;
        return task;
    }

    /** Removes a task; its object will stand for another one some day. */
    public void remove(T task) {
        int bucket = bucket(task.gtid);
        Task at = buckets[bucket];
        if (at == task) {
            buckets[bucket] = task.nextInBucket;
        } else {
            while (at != null && at.nextInBucket != task) {
                at = at.nextInBucket;
            }
            if (at == null) {
                throw new IllegalStateException("not a task of this map: " + task);
            }
            at.nextInBucket = task.nextInBucket;
        }
        task.nextInBucket = null;
        task.gtid = 0;
        size--;
    }

    /** Number of tasks. */
    public int size() {
        return size;
    }

    /** All status words of tasks have indices below this; walk the tasks by {@link #at}. */
    public int limit() {
        return slots.length;
    }

    private void grow(int statusWord) {
        int capacity = Math.min(maxTasks, Math.max(2 * slots.length, statusWord + 1));
        slots = Arrays.copyOf(slots, capacity);
        buckets = new Task[Integer.highestOneBit(capacity)];
        for (int i = 0; i < slots.length; i++) {
            T task = at(i);
            if (task != null) {
                chain(task);
            }
        }
    }

    private void chain(T task) {
        int bucket = bucket(task.gtid);
        task.nextInBucket = buckets[bucket];
        buckets[bucket] = task;
    }

    private int bucket(long gtid) {
        // Fibonacci hashing: the high bits of the product depend on all bits of a gtid.
        return (int) ((gtid * 0x9e3779b97f4a7c15L) >>> 32) & (buckets.length - 1);
    }

    @SuppressWarnings("unchecked") // only what the maker made is ever stored
    private @Nullable T cast(@Nullable Task task) {
        return (T) task;
    }
}
