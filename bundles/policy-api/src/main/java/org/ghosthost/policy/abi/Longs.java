package org.ghosthost.policy.abi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a kernel side and agents share, as 64-bit words. Where both sides are Java it is a {@code long[]}, seen
 * through {@link MemorySegment#ofArray(long[])}: then each access costs a fraction of one to a segment, whose checks
 * are many. Any thread. Indices count words; {@link #index} makes them of a record and a field.
 */
public final class Longs {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle WORD = JAVA_LONG.varHandle();
    private static final int SHIFT = 3;

    private final MemorySegment memory;
    private final long @Nullable [] array;

    /** A view on {@code memory}. */
    public Longs(MemorySegment memory) {
        this.memory = memory;
        array = arrayOf(memory);
    }

    private static long @Nullable [] arrayOf(MemorySegment memory) {
        return !memory.isReadOnly() && memory.heapBase().orElse(null) instanceof long[] all
                && memory.byteSize() == (long) all.length << SHIFT ? all : null;
    }

    /** The memory. */
    public MemorySegment memory() {
        return memory;
    }

    /** Index of the word with a field: of the {@code record}-th record of so many bytes, {@code field} bytes inside. */
    public static int index(int record, int recordSize, int field) {
        return record * (recordSize >> SHIFT) + (field >> SHIFT);
    }

    /** Plain read. */
    public long get(int index) {
        long[] all = array;
        return all != null ? all[index] : memory.get(JAVA_LONG, (long) index << SHIFT);
    }

    /** Plain write. */
    public void set(int index, long value) {
        long[] all = array;
        if (all != null) {
            all[index] = value;
        } else {
            memory.set(JAVA_LONG, (long) index << SHIFT, value);
        }
    }

    /** Read of what is there at this moment, without order against other accesses. */
    public long getOpaque(int index) {
        long[] all = array;
        return all != null ? (long) ELEMENT.getOpaque(all, index)
                : (long) WORD.getOpaque(memory, (long) index << SHIFT);
    }

    /** Read with acquire order. */
    public long getAcquire(int index) {
        long[] all = array;
        return all != null ? (long) ELEMENT.getAcquire(all, index)
                : (long) WORD.getAcquire(memory, (long) index << SHIFT);
    }

    /** Write with release order. */
    public void setRelease(int index, long value) {
        long[] all = array;
        if (all != null) {
            ELEMENT.setRelease(all, index, value);
        } else {
            WORD.setRelease(memory, (long) index << SHIFT, value);
        }
    }

    /** Atomic replacement of {@code expected} by {@code value}; false if there is something else. */
    public boolean compareAndSet(int index, long expected, long value) {
        long[] all = array;
        return all != null ? ELEMENT.compareAndSet(all, index, expected, value)
                : WORD.compareAndSet(memory, (long) index << SHIFT, expected, value);
    }
}
