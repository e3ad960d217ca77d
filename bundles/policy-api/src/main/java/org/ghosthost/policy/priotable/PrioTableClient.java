package org.ghosthost.policy.priotable;

import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_EXEC_TIME;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_FLAGS;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_PERIOD;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_QOS;
import static org.ghosthost.policy.priotable.PrioTableLayout.INT;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_DEADLINE;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_FLAGS;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_GTID;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_RUNNABLE;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_SEQCOUNT;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_WORK_CLASS;
import static org.ghosthost.policy.priotable.PrioTableLayout.LONG;

import java.lang.foreign.MemorySegment;

/**
 * The application's side of a {@link PrioTable}: says what threads are about to do. Any number of threads may use it at
 * the same time.
 *
 * <p>Every change of an item is made under the item's sequence number and then announced in the stream, so that the
 * agent reads it whole and soon. The usual course: a dispatcher fills the item of a worker and marks it runnable; the
 * worker sees the flag as soon as it has a CPU, works, and marks its item idle; the policy takes the CPU away.
 */
public final class PrioTableClient {
    /** How many further entries of the stream are tried by default. */
    public static final int DEFAULT_RETRIES = 3;

    private static final int MAX_READ_ATTEMPTS = 1_000_000;

    private final PrioTable table;
    private final MemorySegment memory;

    /** Makes the application's side of a table. */
    public PrioTableClient(final PrioTable table) {
        this.table = table;
        this.memory = table.memory();
    }

    /** Returns the table. */
    public PrioTable table() {
        return table;
    }

    /**
     * Defines a work class. To be done before items refer to it: it is not protected against a reader.
     *
     * @throws IllegalArgumentException if there is no such class, or a number is out of range
     */
    public void setWorkClass(final int id, final WorkClass workClass) {
        final long at = table.workClass(id);
        check("qos", workClass.qos(), Integer.MAX_VALUE);
        check("exec time", workClass.execTimeNs(), WorkClass.MAX_DURATION_NS);
        check("period", workClass.periodNs(), WorkClass.MAX_DURATION_NS);
        INT.setOpaque(memory, at + CLASS_FLAGS, workClass.flags());
        INT.setOpaque(memory, at + CLASS_QOS, workClass.qos());
        LONG.setOpaque(memory, at + CLASS_EXEC_TIME, workClass.execTimeNs());
        // Pairs with the compareAndSet of the first item that refers to the class, which is released after this.
        LONG.setRelease(memory, at + CLASS_PERIOD, workClass.periodNs());
    }

    /**
     * Copies a work class.
     *
     * @throws IllegalArgumentException if there is no such class
     */
    public void getWorkClass(final int id, final WorkClass copy) {
        table.readWorkClass(id, copy);
    }

    /**
     * Replaces an item, all but its index and sequence number, and announces it.
     *
     * @throws IllegalArgumentException if there is no such item or work class, or the gtid or deadline is negative
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void setItem(final int sid, final SchedItem item) {
        final long at = table.item(sid);
        table.workClass(item.workClass());
        check("gtid", item.gtid(), Long.MAX_VALUE);
        check("deadline", item.deadlineNs(), Long.MAX_VALUE);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        INT.setOpaque(memory, at + ITEM_WORK_CLASS, item.workClass());
        LONG.setOpaque(memory, at + ITEM_GTID, item.gtid());
        INT.setOpaque(memory, at + ITEM_FLAGS, item.flags());
        LONG.setOpaque(memory, at + ITEM_DEADLINE, item.deadlineNs());
        end(sid, at, begin);
    }

    /**
     * Copies an item.
     *
     * @throws IllegalArgumentException if there is no such item
     * @throws IllegalStateException if the item makes no sense, or somebody has died in the middle of a write
     */
    public void getItem(final int sid, final SchedItem copy) {
        for (int attempt = 0; attempt < MAX_READ_ATTEMPTS; attempt++) {
            if (table.readItem(sid, copy) == PrioTable.ReadResult.READ) {
                return;
            }
            Thread.onSpinWait();
        }
        throw new IllegalStateException("sched item " + sid + " cannot be read: it makes no sense or stays locked");
    }

    /**
     * Says that the thread of an item has work, and until when it should be done.
     *
     * @param deadlineNs on the application's clock, 0 or more; {@link SchedItem#NO_DEADLINE} for none
     * @throws IllegalArgumentException if there is no such item, or the deadline is negative
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void markRunnable(final int sid, final long deadlineNs) {
        final long at = table.item(sid);
        check("deadline", deadlineNs, Long.MAX_VALUE);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        LONG.setOpaque(memory, at + ITEM_DEADLINE, deadlineNs);
        INT.getAndBitwiseOr(memory, at + ITEM_FLAGS, ITEM_RUNNABLE);
        end(sid, at, begin);
    }

    /**
     * Says that the thread of an item has work, with the deadline as it is.
     *
     * @throws IllegalArgumentException if there is no such item
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void markRunnable(final int sid) {
        final long at = table.item(sid);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        INT.getAndBitwiseOr(memory, at + ITEM_FLAGS, ITEM_RUNNABLE);
        end(sid, at, begin);
    }

    /**
     * Says that the thread of an item has no work.
     *
     * @throws IllegalArgumentException if there is no such item
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void markIdle(final int sid) {
        final long at = table.item(sid);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        INT.getAndBitwiseAnd(memory, at + ITEM_FLAGS, ~ITEM_RUNNABLE);
        end(sid, at, begin);
    }

    /**
     * Sets the deadline of an item's work.
     *
     * @throws IllegalArgumentException if there is no such item, or the deadline is negative
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void setDeadline(final int sid, final long deadlineNs) {
        final long at = table.item(sid);
        check("deadline", deadlineNs, Long.MAX_VALUE);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        LONG.setOpaque(memory, at + ITEM_DEADLINE, deadlineNs);
        end(sid, at, begin);
    }

    /**
     * Moves an item to another work class.
     *
     * @throws IllegalArgumentException if there is no such item or class
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void setItemWorkClass(final int sid, final int workClass) {
        final long at = table.item(sid);
        table.workClass(workClass);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        INT.setOpaque(memory, at + ITEM_WORK_CLASS, workClass);
        end(sid, at, begin);
    }

    /**
     * Names the thread of an item.
     *
     * @param gtid the thread; 0 for none
     * @throws IllegalArgumentException if there is no such item, or the gtid is negative
     * @throws IllegalStateException if another writer of the item has died in the middle of a write
     */
    public void setGtid(final int sid, final long gtid) {
        final long at = table.item(sid);
        check("gtid", gtid, Long.MAX_VALUE);
        final int begin = SeqCount.writeBegin(memory, at + ITEM_SEQCOUNT);
        LONG.setOpaque(memory, at + ITEM_GTID, gtid);
        end(sid, at, begin);
    }

    private void end(final int sid, final long at, final int begin) {
        SeqCount.writeEnd(memory, at + ITEM_SEQCOUNT, begin);
        table.stream().mark(sid, DEFAULT_RETRIES);
    }

    /**
     * Returns whether the thread of an item has no work.
     *
     * @throws IllegalArgumentException if there is no such item
     */
    public boolean isIdle(final int sid) {
        // Acquire pairs with the setRelease and the bitwise or of whoever gave it work: what that thread wrote before
        // is visible to the worker that sees the flag.
        return ((int) INT.getAcquire(memory, table.item(sid) + ITEM_FLAGS) & ITEM_RUNNABLE) == 0;
    }

    /**
     * Spins until the thread of an item has work. Sleeping is not needed: the policy takes the CPU of an idle item
     * away.
     *
     * @param maxSpins when to give up
     * @return false if it gave up
     * @throws IllegalArgumentException if there is no such item
     */
    public boolean waitUntilRunnable(final int sid, final long maxSpins) {
        for (long spin = 0; isIdle(sid); spin++) {
            if (spin >= maxSpins) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    /**
     * Announces that an item was changed. All methods that change an item do this by themselves.
     *
     * @param retries how many further entries of the stream are tried when that of the item is taken; if all are, the
     *     agent is made to read every item
     * @throws IllegalArgumentException if there is no such item, or {@code retries} is negative
     */
    public void markUpdated(final int sid, final int retries) {
        table.item(sid);
        check("retries", retries, Integer.MAX_VALUE);
        table.stream().mark(sid, Math.min(retries, table.streamCapacity() - 1));
    }

    private static void check(final String name, final long value, final long max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " must be 0 to " + max + ": " + value);
        }
    }
}
