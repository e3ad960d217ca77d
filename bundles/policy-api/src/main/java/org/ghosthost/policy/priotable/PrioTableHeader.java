package org.ghosthost.policy.priotable;

import static org.ghosthost.policy.priotable.PrioTableLayout.ALIGNMENT;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASSES_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_BYTES;
import static org.ghosthost.policy.priotable.PrioTableLayout.CLASS_COUNT_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.HEADER_BYTES;
import static org.ghosthost.policy.priotable.PrioTableLayout.HEADER_LENGTH_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.HEADER_USED_BYTES;
import static org.ghosthost.policy.priotable.PrioTableLayout.INT;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEMS_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_BYTES;
import static org.ghosthost.policy.priotable.PrioTableLayout.ITEM_COUNT_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.SHORT;
import static org.ghosthost.policy.priotable.PrioTableLayout.STREAM_CAPACITY_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.STREAM_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.TABLE_LENGTH_OFFSET;
import static org.ghosthost.policy.priotable.PrioTableLayout.VERSION;
import static org.ghosthost.policy.priotable.PrioTableLayout.VERSION_OFFSET;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The header of a table, checked; the only source of offsets into its memory. */
record PrioTableHeader(
        long tableLength, int itemCount, long itemsOffset, int workClassCount, long workClassesOffset,
        int streamCapacity, long streamOffset) {
    private static final List<Integer> STREAM_CAPACITIES = List.of(11, 19, 31, 43, 53, 67, 83, 97);

    /** Lays out a new table. */
    static PrioTableHeader of(final int itemCount, final int workClassCount, final int streamCapacity) {
        checkCounts(itemCount, workClassCount, streamCapacity);
        final long workClassesOffset = HEADER_BYTES + (long) itemCount * ITEM_BYTES;
        final long streamOffset = workClassesOffset + (long) workClassCount * CLASS_BYTES;
        final long tableLength = streamOffset + PrioTableLayout.streamBytes(streamCapacity);
        return new PrioTableHeader(tableLength, itemCount, HEADER_BYTES, workClassCount, workClassesOffset,
                streamCapacity, streamOffset);
    }

    /** Copies the header from memory that anybody may have written. */
    static PrioTableHeader read(final MemorySegment memory) {
        final int version = Short.toUnsignedInt((short) SHORT.getOpaque(memory, (long) VERSION_OFFSET));
        final int headerLength = Short.toUnsignedInt((short) SHORT.getOpaque(memory, (long) HEADER_LENGTH_OFFSET));
        final PrioTableHeader header = new PrioTableHeader(
                unsigned(memory, TABLE_LENGTH_OFFSET),
                (int) INT.getOpaque(memory, (long) ITEM_COUNT_OFFSET), unsigned(memory, ITEMS_OFFSET),
                (int) INT.getOpaque(memory, (long) CLASS_COUNT_OFFSET), unsigned(memory, CLASSES_OFFSET),
                (int) INT.getOpaque(memory, (long) STREAM_CAPACITY_OFFSET), unsigned(memory, STREAM_OFFSET));
        require(version == VERSION, "its version is " + version + ", not " + VERSION);
        require(headerLength >= HEADER_USED_BYTES, "its header has " + headerLength + " bytes only");
        require(header.tableLength <= memory.byteSize(), "it claims " + header.tableLength + " bytes of "
                + memory.byteSize());
        checkCounts(header.itemCount, header.workClassCount, header.streamCapacity);
        final long items = header.checkPart("sched items", header.itemsOffset, header.itemCount * (long) ITEM_BYTES,
                headerLength);
        final long classes = header.checkPart("work classes", header.workClassesOffset,
                header.workClassCount * (long) CLASS_BYTES, items);
        header.checkPart("stream", header.streamOffset, PrioTableLayout.streamBytes(header.streamCapacity), classes);
        return header;
    }

    private long checkPart(final String name, final long offset, final long bytes, final long previousEnd) {
        require(offset % ALIGNMENT == 0 && offset >= previousEnd && offset + bytes <= tableLength,
                "its " + name + " are at " + offset + " and have " + bytes + " bytes; the part before ends at "
                        + previousEnd + ", the table at " + tableLength);
        return offset + bytes;
    }

    private static void checkCounts(final int itemCount, final int workClassCount, final int streamCapacity) {
        require(itemCount >= 0 && itemCount <= PrioTable.MAX_ITEMS,
                "sched items must be 0 to " + PrioTable.MAX_ITEMS + ": " + itemCount);
        require(workClassCount >= (itemCount > 0 ? 1 : 0) && workClassCount <= PrioTable.MAX_WORK_CLASSES,
                "work classes must be 0 to " + PrioTable.MAX_WORK_CLASSES + ", at least 1 if there are sched items: "
                        + workClassCount);
        require(STREAM_CAPACITIES.contains(streamCapacity),
                "stream capacity must be one of " + STREAM_CAPACITIES + ": " + streamCapacity);
    }

    static void checkMemory(final MemorySegment memory, final long bytes) {
        require(memory.byteSize() >= bytes, "it needs " + bytes + " bytes: " + memory.byteSize());
        require(memory.maxByteAlignment() >= Long.BYTES, "its memory must be aligned to " + Long.BYTES + " bytes");
        require(!memory.isReadOnly(), "its memory must be writable");
    }

    void write(final MemorySegment memory) {
        SHORT.set(memory, (long) VERSION_OFFSET, (short) VERSION);
        SHORT.set(memory, (long) HEADER_LENGTH_OFFSET, (short) HEADER_BYTES);
        INT.set(memory, (long) TABLE_LENGTH_OFFSET, (int) tableLength);
        INT.set(memory, (long) ITEM_COUNT_OFFSET, itemCount);
        INT.set(memory, (long) ITEMS_OFFSET, (int) itemsOffset);
        INT.set(memory, (long) CLASS_COUNT_OFFSET, workClassCount);
        INT.set(memory, (long) CLASSES_OFFSET, (int) workClassesOffset);
        INT.set(memory, (long) STREAM_CAPACITY_OFFSET, streamCapacity);
        INT.set(memory, (long) STREAM_OFFSET, (int) streamOffset);
    }

    /** Returns where an item is. */
    long item(final int sid) {
        if (sid < 0 || sid >= itemCount) {
            throw new IllegalArgumentException("no sched item " + sid + ": the table has " + itemCount);
        }
        return itemsOffset + (long) sid * ITEM_BYTES;
    }

    /** Returns where a work class is. */
    long workClass(final int id) {
        if (id < 0 || id >= workClassCount) {
            throw new IllegalArgumentException("no work class " + id + ": the table has " + workClassCount);
        }
        return workClassesOffset + (long) id * CLASS_BYTES;
    }

    private static long unsigned(final MemorySegment memory, final int offset) {
        return Integer.toUnsignedLong((int) INT.getOpaque(memory, (long) offset));
    }

    private static void require(final boolean holds, final String broken) {
        if (!holds) {
            throw new IllegalArgumentException("not a PrioTable: " + broken);
        }
    }
}
