package org.ghosthost.agent;

import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * What a policy knows of one task. Subclass it to know more. The object stays with its status word and is used again
 * for the next task that gets it, so that nothing is allocated in the long run: whoever keeps a reference must drop
 * it when the task is gone.
 */
public class Task {
    /** Where a task is, as far as the policy knows. */
    public enum State {
        /** It sleeps, or is gone. */
        BLOCKED,
        /** It waits in the policy's queue. */
        QUEUED,
        /** A decision to run it has no outcome yet. */
        OPENED,
        /** It runs, or is latched to run. */
        ON_CPU,
        /** It gave its CPU up by sched_yield and waits until the others have been served. */
        YIELDING,
        /** The kernel side is not done with it: it is on a CPU undecided, or a message of it is on its way. */
        SETTLING
    }

    // The states as numbers: a reference that is stored, and a switch over an enum, cost more.
    static final int BLOCKED = 0;
    static final int QUEUED = 1;
    static final int OPENED = 2;
    static final int ON_CPU = 3;
    static final int YIELDING = 4;
    static final int SETTLING = 5;

    private static final State[] STATES = State.values();

    int state = BLOCKED;
    long gtid;
    int statusWord;
    int seqnum;
    int cpu;
    boolean boosted;
    long runtimeNs;

    // Which CPUs it may use is asked only after the kernel side refused one, or said that they changed.
    boolean affinityUnknown;
    @Nullable CpuSet affinity;
    @Nullable CpuSet affinitySet; // what affinity is made in; stays for the next task

    // On its way to the agent of another CPU.
    boolean isMoving;
    boolean isAssociated;
    int moveTo;

    // Number of the FifoQueue it is in, 0 = none, and the status words of its neighbours there. Numbers, because a
    // reference that is stored costs the collector's barrier.
    int queue;
    int previous;
    int next;

    // Place in the TaskHeap it is in; chain in the TaskMap.
    int heapIndex = -1;
    long heapTicket;
    @Nullable Task nextInBucket;

    /** Made by a {@link TaskMap}. */
    public Task() {}

    /** Called when the object begins to stand for another task: fields of a subclass get their first values here. */
    protected void begin() {}

    final void begin(long gtid, int statusWord, int seqnum) {
        this.gtid = gtid;
        this.statusWord = statusWord;
        this.seqnum = seqnum;
        state = BLOCKED;
        cpu = CpuSet.NO_CPU;
        boosted = false;
        runtimeNs = 0;
        affinityUnknown = false;
        affinity = null;
        isMoving = false;
        begin();
    }

    /** The task; 0 when the object stands for none. */
    public final long gtid() {
        return gtid;
    }

    /** Index of its status word. */
    public final int statusWord() {
        return statusWord;
    }

    /** Sequence number of the last message seen of it: the barrier for its next transaction. */
    public final int seqnum() {
        return seqnum;
    }

    /** Where it is. */
    public final State state() {
        return STATES[state];
    }

    /** CPU that it runs on, or was last decided for; -1 if none. */
    public final int cpu() {
        return cpu;
    }

    /** CPU time in its last message, ns. */
    public final long runtimeNs() {
        return runtimeNs;
    }

    /**
     * Whether it goes before others: it lost its CPU against its will, was woken by somebody who waits for it, or was
     * chosen in vain. Ends when it gets a CPU.
     */
    public final boolean boosted() {
        return boosted;
    }

    /** One line for people. */
    @Override
    public String toString() {
        return Gtid.toString(gtid) + " " + state() + (cpu >= 0 ? " cpu " + cpu : "") + (boosted ? " boosted" : "");
    }
}
