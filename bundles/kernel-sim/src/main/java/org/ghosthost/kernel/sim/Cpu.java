package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.jspecify.annotations.Nullable;

/**
 * One CPU: what it runs, what is latched, what waits. The field names of the scheduling state are those of ghOSt's
 * run queue.
 */
final class Cpu {
    final int id;
    boolean online = true;
    @Nullable SimEnclave enclave;
    @Nullable Agent agent;

    // ---- what runs

    /** The task on the CPU; null when it is idle or the agent has it. */
    @Nullable Task current;
    boolean agentCurrent;
    /** When something is to happen to what runs: a step or slice ends, a pass begins or commits. */
    long phaseAt = NEVER;
    /** When to schedule. */
    long reschedAt = NEVER;
    /** When it ticks. */
    long tickAt = NEVER;
    /** When its agent, which waits in RUN, wants to be called. */
    long deadlineAt = NEVER;
    /** When the slice of {@link #current} ends. */
    long sliceEnd = NEVER;

    // ---- ghost class

    @Nullable Task latched;
    boolean latchedIdle;
    /** The sync group of the latch failed: it must not run. */
    boolean poisoned;
    /** From the pick of the latch to its first instruction; -1 = as any other switch. */
    long latchCostNs = -1;
    long latchSliceNs;
    long commitTimeNs;
    int runFlags;
    /** Kicked because of a transaction that nobody has committed yet. */
    boolean commitPending;
    boolean mustResched;
    boolean ignorePrevPreemption;
    /** At the next pick a task may run without a commit. */
    boolean bypass;
    /** Hops of a switchto chain; negative while its end is reported. */
    int switchtoCount;
    long cpuSeqnum;
    /** No other class has or wants the CPU. */
    boolean available = true;

    // ---- other classes

    final TaskList rt = new TaskList();
    final TaskList fair = new TaskList();

    Cpu(int id) {
        this.id = id;
    }

    /** When something happens here next. */
    long dueAt() {
        return Math.min(Math.min(reschedAt, phaseAt), Math.min(tickAt, deadlineAt));
    }

    boolean isLatched() {
        return latched != null || latchedIdle;
    }

    /** Nothing runs here. */
    boolean isIdle() {
        return current == null && !agentCurrent;
    }

    boolean othersWait() {
        return !rt.isEmpty() || !fair.isEmpty();
    }
}
