package org.ghosthost.policy.priotable;

import static org.ghosthost.policy.priotable.PrioTableLayout.ALIGNMENT;
import static org.ghosthost.policy.priotable.PrioTableLayout.HEADER_BYTES;
import static org.ghosthost.policy.priotable.PrioTableLayout.INT;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_RUNNABLE;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_SEQCOUNT;
import static org.ghosthost.policy.priotable.PrioTableLayout.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The table through which an application tells a policy what its threads are about to do: one sched item per thread,
 * work classes that items share, and a stream of hints which items were changed. ghOSt's PrioTable, in its layout:
 * {@link PrioTableLayout}.
 *
 * <p>This is the agent's side; the application's is {@link PrioTableClient}. Each process has its own table, in memory
 * that it shares with the host. So nothing in it is trusted: what {@link #attach} has checked is never read again,
 * every other value is checked when it is copied, no method waits for the application, and what makes no sense is
 * counted as {@link #garbage()}.
 *
 * <p>Reading allocates nothing. A table belongs to one thread on the agent's side, together with its readers.
 */
public final class PrioTable {
    /** No item was changed. */
    public static final int NO_ENTRIES = -1;
    /** Hints were lost: every item may have changed. */
    public static final int OVERFLOW = -2;

    /** How many items a table may have. */
    public static final int MAX_ITEMS = 1 << 17;
    /** How many work classes a table may have. */
    public static final int MAX_WORK_CLASSES = 1 << 17;

    /** What came of a read. */
    public enum ReadResult {
        /** The copy is whole. */
        READ,
        /** Somebody was writing; only {@link SchedItem#seqcount()} of the copy counts. */
        TORN,
        /** The item makes no sense (unknown work class, impossible gtid); as {@link #TORN}. */
        INVALID
    }

    private final MemorySegment memory;
    private final PrioTableHeader header;
    private final UpdateStream stream;
    private long invalidItems;
    private boolean writable = true;

    private PrioTable(final MemorySegment memory, final PrioTableHeader header, final UpdateStream stream) {
        this.memory = memory;
        this.header = header;
        this.stream = stream;
    }

    /**
     * Returns how many bytes a table needs.
     *
     * @throws IllegalArgumentException as {@link #create(int, int, int)}
     */
    public static long byteSize(final int itemCount, final int workClassCount, final int streamCapacity) {
        return PrioTableHeader.of(itemCount, workClassCount, streamCapacity).tableLength();
    }

    /**
     * Makes a table in new memory of this process, without threads or work in it.
     *
     * @param itemCount number of sched items, 0 to {@link #MAX_ITEMS}
     * @param workClassCount number of work classes, 0 to {@link #MAX_WORK_CLASSES}; at least one if there are items
     * @param streamCapacity how many hints fit in the stream: 11, 19, 31, 43, 53, 67, 83 or 97 (primes, since the entry
     *     for an item is its index modulo this number)
     * @throws IllegalArgumentException if a number is out of range
     */
    public static PrioTable create(final int itemCount, final int workClassCount, final int streamCapacity) {
        final long bytes = byteSize(itemCount, workClassCount, streamCapacity);
        return create(Arena.ofAuto().allocate(bytes, ALIGNMENT), itemCount, workClassCount, streamCapacity);
    }

    /**
     * Makes a table at the start of the given memory.
     *
     * @param memory writable, aligned to 8 bytes at least, {@link #byteSize} bytes or more; used as long as the table
     *     is
     * @throws IllegalArgumentException as {@link #create(int, int, int)}, or if the memory does not do
     */
    public static PrioTable create(
            final MemorySegment memory, final int itemCount, final int workClassCount, final int streamCapacity) {
        final PrioTableHeader header = PrioTableHeader.of(itemCount, workClassCount, streamCapacity);
        PrioTableHeader.checkMemory(memory, header.tableLength());
        final MemorySegment slice = memory.asSlice(0, header.tableLength());
        slice.fill((byte) 0);
        header.write(slice);
        final PrioTable table = open(slice, header);
        for (int sid = 0; sid < itemCount; sid++) {
            INT.set(slice, header.item(sid) + PrioTableLayout.ITEM_SID, sid);
            LONG.set(slice, header.item(sid) + PrioTableLayout.ITEM_DEADLINE, SchedItem.NO_DEADLINE);
        }
        for (int id = 0; id < workClassCount; id++) {
            INT.set(slice, header.workClass(id) + PrioTableLayout.CLASS_ID, id);
        }
        table.stream.clear();
        return table;
    }

    /**
     * Opens a table that another process may have made. The header is checked and copied; what the process writes there
     * later has no effect.
     *
     * @param memory writable, aligned to 8 bytes at least, and unable to shrink as long as the table is used
     * @throws IllegalArgumentException if the memory does not hold a table; the message says what is wrong
     */
    public static PrioTable attach(final MemorySegment memory) {
        PrioTableHeader.checkMemory(memory, HEADER_BYTES);
        final PrioTableHeader header = PrioTableHeader.read(memory);
        return open(memory.asSlice(0, header.tableLength()), header);
    }

    private static PrioTable open(final MemorySegment memory, final PrioTableHeader header) {
        final UpdateStream stream = new UpdateStream(
                memory, header.streamOffset(), header.streamCapacity(), header.itemCount());
        return new PrioTable(memory, header, stream);
    }

    /** Returns the number of sched items. */
    public int itemCount() {
        return header.itemCount();
    }

    /** Returns the number of work classes. */
    public int workClassCount() {
        return header.workClassCount();
    }

    /** Returns how many hints fit in the stream. */
    public int streamCapacity() {
        return header.streamCapacity();
    }

    /** Returns how often this table named something that does not exist. */
    public long garbage() {
        return stream.garbage() + invalidItems;
    }

    /** Makes another reader of the hints; it gets those that are given from now on. */
    public UpdateReader newReader() {
        return new UpdateReader(stream);
    }

    /**
     * Makes another view of this table, for a policy that follows the one in charge: it sees the same, and whether its
     * {@link #setRunnable} has an effect is set for it alone. Belongs to the same thread as this one.
     */
    public PrioTable view() {
        return new PrioTable(memory, header, stream);
    }

    /** Sets whether {@link #setRunnable} has an effect; it has, until this says otherwise. */
    public void writable(final boolean leads) {
        writable = leads;
    }

    /**
     * Returns the sequence number of an item: another one than before if the item was changed meanwhile.
     *
     * @throws IllegalArgumentException if there is no such item
     */
    public int seqcount(final int sid) {
        return (int) INT.getOpaque(memory, header.item(sid) + ITEM_SEQCOUNT);
    }

    /**
     * Copies an item, in one attempt.
     *
     * @throws IllegalArgumentException if there is no such item
     */
    public ReadResult readItem(final int sid, final SchedItem copy) {
        final long item = header.item(sid);
        final int begin = SeqCount.readBegin(memory, item + ITEM_SEQCOUNT);
        // Opaque: each value is read once, and whole; readEnd tells whether they belong together.
        final int workClass = (int) INT.getOpaque(memory, item + PrioTableLayout.ITEM_WORK_CLASS);
        final long gtid = (long) LONG.getOpaque(memory, item + PrioTableLayout.ITEM_GTID);
        final int flags = (int) INT.getOpaque(memory, item + PrioTableLayout.ITEM_FLAGS);
        final long deadlineNs = (long) LONG.getOpaque(memory, item + PrioTableLayout.ITEM_DEADLINE);
        copy.read(sid, begin);
        if (!SeqCount.readEnd(memory, item + ITEM_SEQCOUNT, begin)) {
            return ReadResult.TORN;
        }
        if (workClass < 0 || workClass >= header.workClassCount() || gtid < 0) {
            invalidItems++;
            return ReadResult.INVALID;
        }
        // The deadline is unsigned in memory, and what does not fit is later than any time.
        copy.workClass(workClass).gtid(gtid).flags(flags)
                .deadlineNs(deadlineNs < 0 ? SchedItem.NO_DEADLINE : deadlineNs);
        return ReadResult.READ;
    }

    /**
     * Copies a work class. Numbers that are too big are read as the biggest that the copy can hold.
     *
     * @throws IllegalArgumentException if there is no such class
     */
    public void readWorkClass(final int id, final WorkClass copy) {
        final long at = header.workClass(id);
        copy.read(id);
        final int qos = (int) INT.getOpaque(memory, at + PrioTableLayout.CLASS_QOS);
        copy.flags((int) INT.getOpaque(memory, at + PrioTableLayout.CLASS_FLAGS))
                .qos(qos < 0 ? Integer.MAX_VALUE : qos)
                .execTimeNs(duration((long) LONG.getOpaque(memory, at + PrioTableLayout.CLASS_EXEC_TIME)))
                .periodNs(duration((long) LONG.getOpaque(memory, at + PrioTableLayout.CLASS_PERIOD)));
    }

    private static long duration(final long unsigned) {
        return unsigned < 0 ? WorkClass.MAX_DURATION_NS : Math.min(unsigned, WorkClass.MAX_DURATION_NS);
    }

    /**
     * Says on the agent's side that the thread of an item has work: the next period of a repeating item has begun. The
     * sequence number stays as it is, since the agent must never wait for a writer. No effect for a follower's view.
     *
     * @throws IllegalArgumentException if there is no such item
     */
    public void setRunnable(final int sid) {
        final long flags = header.item(sid) + PrioTableLayout.ITEM_FLAGS;
        if (writable) {
            // Pairs with the acquire read of the flags by the thread that waits for work.
            INT.getAndBitwiseOr(memory, flags, ITEM_RUNNABLE);
        }
    }

    MemorySegment memory() {
        return memory;
    }

    long item(final int sid) {
        return header.item(sid);
    }

    long workClass(final int id) {
        return header.workClass(id);
    }

    UpdateStream stream() {
        return stream;
    }
}
