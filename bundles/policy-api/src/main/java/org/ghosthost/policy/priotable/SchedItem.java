package org.ghosthost.policy.priotable;

/**
 * A copy of one sched item: what an application says about one of its threads. Mutable, so that one object serves for
 * all reads and writes; belongs to one thread.
 */
public final class SchedItem {
    /** The deadline of work that has none. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    private int sid;
    private int workClass;
    private long gtid;
    private int flags;
    private int seqcount;
    private long deadlineNs = NO_DEADLINE;

    /** Makes the copy of an item without thread, work and deadline. */
    public SchedItem() {
    }

    void read(final int index, final int begin) {
        sid = index;
        seqcount = begin;
    }

    /** Returns the index of the item in its table. */
    public int sid() {
        return sid;
    }

    /** Returns the sequence number under which the item was read. */
    public int seqcount() {
        return seqcount;
    }

    /** Returns the index of the work class. */
    public int workClass() {
        return workClass;
    }

    /** Sets the index of the work class. */
    public SchedItem workClass(final int newWorkClass) {
        workClass = newWorkClass;
        return this;
    }

    /** Returns the gtid of the worker thread; 0 if it has none yet. */
    public long gtid() {
        return gtid;
    }

    /** Sets the gtid of the worker thread; 0 if it has none. */
    public SchedItem gtid(final long newGtid) {
        gtid = newGtid;
        return this;
    }

    /** Returns the flags, of which {@link PrioTableLayout#ITEM_RUNNABLE} is the only one in use. */
    public int flags() {
        return flags;
    }

    /** Sets the flags. */
    public SchedItem flags(final int newFlags) {
        flags = newFlags;
        return this;
    }

    /** Returns whether the thread has work. */
    public boolean runnable() {
        return (flags & PrioTableLayout.ITEM_RUNNABLE) != 0;
    }

    /** Sets whether the thread has work. */
    public SchedItem runnable(final boolean hasWork) {
        flags = hasWork ? flags | PrioTableLayout.ITEM_RUNNABLE : flags & ~PrioTableLayout.ITEM_RUNNABLE;
        return this;
    }

    /** Returns the deadline in ns, on the application's clock; {@link #NO_DEADLINE} if there is none. */
    public long deadlineNs() {
        return deadlineNs;
    }

    /** Sets the deadline in ns; {@link #NO_DEADLINE} for none. */
    public SchedItem deadlineNs(final long newDeadlineNs) {
        deadlineNs = newDeadlineNs;
        return this;
    }

    @Override
    public String toString() {
        return "sched item " + sid + ": work class " + workClass + ", gtid " + gtid + ", flags " + flags
                + ", seqcount " + seqcount + ", deadline " + deadlineNs + " ns";
    }
}
