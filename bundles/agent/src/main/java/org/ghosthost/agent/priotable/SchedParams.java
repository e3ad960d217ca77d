package org.ghosthost.agent.priotable;

import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;

/**
 * What an application says about one of its threads, as far as its {@link Orchestrator} has seen it. One object per
 * sched item, which changes in place and stays valid as long as the orchestrator. Belongs to the orchestrator's thread.
 */
public final class SchedParams {
    private final int sid;
    private int workClass;
    private long gtid;
    private int flags;
    private int seqcount;
    private long deadlineNs = SchedItem.NO_DEADLINE;
    private int qos;
    private boolean repeating;
    private long execTimeNs;
    private long periodNs;

    SchedParams(int sid) {
        this.sid = sid;
    }

    /** Parameters for a thread whose process has no PrioTable: it always has work, the lowest QoS and no deadline. */
    public static SchedParams withoutTable(long gtid) {
        SchedParams params = new SchedParams(-1);
        params.gtid = gtid;
        params.flags = PrioTableLayout.ITEM_RUNNABLE;
        return params;
    }

    void read(SchedItem item, WorkClass itsClass) {
        workClass = item.workClass();
        gtid = item.gtid();
        flags = item.flags();
        seqcount = item.seqcount();
        deadlineNs = item.deadlineNs();
        qos = itsClass.qos();
        repeating = itsClass.repeating();
        execTimeNs = itsClass.execTimeNs();
        periodNs = itsClass.periodNs();
    }

    void seen(int newSeqcount) {
        seqcount = newSeqcount;
    }

    void setRunnable() {
        flags |= PrioTableLayout.ITEM_RUNNABLE;
    }

    void loseThread() {
        gtid = 0;
    }

    /** Index of the sched item; -1 without a table. */
    public int sid() {
        return sid;
    }

    /** Index of the work class; 0 without a table. */
    public int workClass() {
        return workClass;
    }

    /** The thread; 0 if the item has none. */
    public long gtid() {
        return gtid;
    }

    /** The flags of the item. */
    public int flags() {
        return flags;
    }

    /** The sequence number under which the item was read. */
    public int seqcount() {
        return seqcount;
    }

    /** Whether the thread has work. */
    public boolean hasWork() {
        return (flags & PrioTableLayout.ITEM_RUNNABLE) != 0;
    }

    /** Deadline in ns, on the application's clock; {@link SchedItem#NO_DEADLINE} if there is none. */
    public long deadlineNs() {
        return deadlineNs;
    }

    /** Quality of service: 0 or more, bigger is more important. */
    public int qos() {
        return qos;
    }

    /** Whether there is new work each period. */
    public boolean repeating() {
        return repeating;
    }

    /** Expected run time of one piece of work, in ns; 0 if unknown. */
    public long execTimeNs() {
        return execTimeNs;
    }

    /** Period in ns; 0 if there is none. */
    public long periodNs() {
        return periodNs;
    }
}
