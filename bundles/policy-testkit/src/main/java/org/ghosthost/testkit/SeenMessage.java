package org.ghosthost.testkit;

import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;

/**
 * A copy of a message, to be looked at later.
 *
 * @param queue number of the queue that it came by
 * @param type one of {@link MessageType}
 * @param seqnum barrier of its source
 * @param gtid the task; 0 in CPU messages
 * @param statusWord the task's status word; -1 in CPU messages
 * @param cpu CPU of the edge
 * @param nice nice value (NEW, PRIORITY_CHANGED)
 * @param runnable NEW: the task can run
 * @param wasLatched PREEMPT: only a latch was lost
 * @param data the parent (NEW), the task of another class (NOT_IDLE)
 */
public record SeenMessage(
        int queue,
        int type,
        int seqnum,
        long gtid,
        int statusWord,
        int cpu,
        int nice,
        boolean runnable,
        boolean wasLatched,
        long data) {
    /** Copies a message. */
    public static SeenMessage of(int queue, Message message) {
        return new SeenMessage(queue, message.type(), message.seqnum(), message.gtid(), message.statusWord(),
                message.cpu(), message.nice(), message.runnable(), message.wasLatched(), message.parentGtid());
    }

    /** Whether it is of this type and about the thread with this number. */
    public boolean is(int wantedType, int tid) {
        return type == wantedType && MessageType.isTask(type) && Gtid.pid(gtid) == tid;
    }

    @Override
    public String toString() {
        String who = MessageType.isTask(type) ? Gtid.toString(gtid) + " " : "";
        return MessageType.name(type) + "(" + seqnum + ") " + who
                + "cpu " + cpu + (runnable ? " runnable" : "") + (wasLatched ? " latched" : "");
    }
}
