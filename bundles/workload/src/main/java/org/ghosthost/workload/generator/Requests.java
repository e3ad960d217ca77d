package org.ghosthost.workload.generator;

import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/** What the workers of one run share: the arrivals, the requests that nobody has taken yet, and the free workers. */
final class Requests {
    /** How many requests may wait before the run is given up as overloaded. A power of two. */
    static final int MAX_BACKLOG = 1 << 22;

    private final long seed;
    private final ServiceMix mix;
    private final double rate;
    private final long limit;
    private final long deadlineNs;
    private final DispatchedWorker[] free;
    private int freeCount;
    private @Nullable Arrivals arrivals;

    private long[] backlog = new long[2 * 1_024];
    private long backlogHead;
    private long backlogTail;
    private boolean exhausted;

    Requests(final long seed, final ServiceMix mix, final double rate, final long limit, final long deadlineNs,
            final int workers) {
        this.seed = seed;
        this.mix = mix;
        this.rate = rate;
        this.limit = limit;
        this.deadlineNs = deadlineNs;
        free = new DispatchedWorker[workers];
    }

    /** Returns the arrivals; the first task to ask starts them at its own start. */
    Arrivals arrivals(final TaskContext task) {
        Arrivals started = arrivals;
        if (started == null) {
            started = new Arrivals(seed, mix, rate, limit, task.startedNs());
            arrivals = started;
        }
        return started;
    }

    long deadlineNs(final long generatedNs) {
        return generatedNs + deadlineNs;
    }

    /** Puts a worker on the stack of free ones: the one that was busy last is the warmest. */
    void addFree(final DispatchedWorker worker) {
        free[freeCount++] = worker;
    }

    @Nullable DispatchedWorker takeFree() {
        return freeCount == 0 ? null : free[--freeCount];
    }

    boolean hasBacklog() {
        return backlogHead != backlogTail;
    }

    void addBacklog(final long generatedNs, final long serviceNs) {
        final int capacity = backlog.length / 2;
        if (backlogTail - backlogHead == capacity) {
            growBacklog(capacity);
        }
        final int slot = slot(backlogTail++);
        backlog[slot] = generatedNs;
        backlog[slot + 1] = serviceNs;
    }

    private void growBacklog(final int capacity) {
        if (capacity == MAX_BACKLOG) {
            throw new WorkloadException("more than " + MAX_BACKLOG + " requests wait for a worker: the load is more"
                    + " than the CPUs can serve; lower rate or mix");
        }
        final long[] larger = new long[backlog.length * 2];
        for (long i = backlogHead; i < backlogTail; i++) {
            final int to = 2 * (int) (i & (2L * capacity - 1));
            larger[to] = backlog[slot(i)];
            larger[to + 1] = backlog[slot(i) + 1];
        }
        backlog = larger;
    }

    private int slot(final long index) {
        return 2 * (int) (index & (backlog.length / 2 - 1));
    }

    /** Gives the oldest waiting request to {@code worker}. */
    void takeBacklog(final DispatchedWorker worker) {
        final int slot = slot(backlogHead++);
        worker.take(backlog[slot], backlog[slot + 1]);
    }

    boolean isExhausted() {
        return exhausted;
    }

    void setExhausted() {
        exhausted = true;
    }
}
