package org.ghosthost.policy;

import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.MessageLayout;

/**
 * A view on one message in a queue. The same object is moved over all messages of a loop, so a policy reads what it
 * needs during the callback and keeps no reference. One thread. Fields that a type does not have read as 0.
 *
 * @see MessageLayout which field each type carries
 */
public final class Message {
    private static final int GTID = MessageLayout.GTID / Long.BYTES;
    private static final int PLACE = MessageLayout.CPU / Long.BYTES;

    private Longs longs = new Longs(MemorySegment.NULL);
    private int index;

    // What every policy reads.
    private long header;
    private long gtid;
    private long place;

    /** A view on nothing. */
    public Message() {}

    /** Moves the view to the record that begins at the {@code index}-th word; done by the agent loop. */
    @SuppressWarnings("ReferenceEquality") // spares a store where it is the same
    public Message wrap(Longs longs, int index) {
        if (this.longs != longs) {
            this.longs = longs;
        }
        this.index = index;
        header = longs.get(index);
        gtid = longs.get(index + GTID);
        place = longs.get(index + PLACE);
        return this;
    }

    /** Moves the view to the record at {@code offset} of {@code memory}, a multiple of 8; allocates. */
    public Message wrap(MemorySegment memory, long offset) {
        return wrap(new Longs(memory), Math.toIntExact(offset / Long.BYTES));
    }

    /** One of {@link MessageType}. */
    public int type() {
        return (int) header & 0xffff;
    }

    /** The source's barrier after this message; strictly rising per task. Pass the last one seen to a commit. */
    public int seqnum() {
        return (int) (header >>> 32);
    }

    /** The task; 0 in CPU messages. */
    public long gtid() {
        return gtid;
    }

    /** Index of the task's status word, 0 to {@link StatusWords#capacity()} - 1; -1 in CPU messages. */
    public int statusWord() {
        return (int) (place >>> 32);
    }

    /** CPU of the edge; in WAKEUP the CPU whose run queue the task is on. */
    public int cpu() {
        return (int) place;
    }

    /** CPU time of the task so far, ns. */
    public long runtimeNs() {
        return word(MessageLayout.RUNTIME);
    }

    /** The CPU's counter of on-CPU edges: orders the events of one CPU across tasks. */
    public long cpuSeqnum() {
        return word(MessageLayout.CPU_SEQNUM);
    }

    /** Nice value, -20 to 19 (NEW, PRIORITY_CHANGED). */
    public int nice() {
        return (int) word(MessageLayout.NICE);
    }

    /** CPU that the task ran on last (WAKEUP). */
    public int lastRanCpu() {
        return (int) word(MessageLayout.NICE);
    }

    /** CPU of the waker (WAKEUP). */
    public int wakerCpu() {
        return (int) (word(MessageLayout.NICE) >>> Integer.SIZE);
    }

    /** Parent of a new task; 0 if it was not forked. */
    public long parentGtid() {
        return data();
    }

    /** When the transaction was committed, ns (ON_CPU). */
    public long commitTimeNs() {
        return data();
    }

    /** The task of another class that runs now (NOT_IDLE). */
    public long nextGtid() {
        return data();
    }

    /** Type of the timer as it was armed (TIMER_EXPIRED). */
    public long timerType() {
        return runtimeNs();
    }

    /** Cookie of the timer as it was armed (TIMER_EXPIRED). */
    public long timerCookie() {
        return data();
    }

    /** Why the latch failed, as a Linux errno (LATCH_FAILURE). */
    public int errno() {
        return (int) data();
    }

    /** When the message was produced, ns of the kernel's monotonic clock. */
    public long timeNs() {
        return word(MessageLayout.TIME);
    }

    /** NEW: the task can run. */
    public boolean runnable() {
        return has(MessageLayout.FLAG_RUNNABLE);
    }

    /** NEW by discovery: the task is on {@link #cpu()} right now and must not be run before it has left it. */
    public boolean onCpu() {
        return has(MessageLayout.FLAG_ON_CPU);
    }

    /** The task was the last of a switchto chain: its CPU is free now. */
    public boolean fromSwitchto() {
        return has(MessageLayout.FLAG_FROM_SWITCHTO);
    }

    /** PREEMPT: the task did not run; only its latch was lost. */
    public boolean wasLatched() {
        return has(MessageLayout.FLAG_WAS_LATCHED);
    }

    /** DEPARTED: the task was on a CPU. */
    public boolean wasCurrent() {
        return has(MessageLayout.FLAG_WAS_CURRENT);
    }

    /** WAKEUP: latency does not matter to the waker. */
    public boolean deferrable() {
        return has(MessageLayout.FLAG_DEFERRABLE);
    }

    /** CPU_TICK: the tick hit an agent. */
    public boolean isAgent() {
        return has(MessageLayout.FLAG_IS_AGENT);
    }

    private boolean has(int flag) {
        return (header & ((long) flag << 16)) != 0;
    }

    private long word(int field) {
        return longs.get(index + field / Long.BYTES);
    }

    private long data() {
        return word(MessageLayout.DATA);
    }

    /** One line for people; allocates. */
    @Override
    public String toString() {
        String source = MessageType.isTask(type()) ? Gtid.toString(gtid()) : "cpu " + cpu();
        return MessageType.name(type()) + " seq=" + seqnum() + " " + source;
    }
}
