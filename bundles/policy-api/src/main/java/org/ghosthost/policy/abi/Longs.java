package org.ghosthost.policy.abi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a kernel side and agents share, as 64-bit words. Where both sides are Java it is a {@code long[]}, seen
 * through {@link MemorySegment#ofArray(long[])}: then each access costs a fraction of one to a segment, whose checks
 * are many. Any thread; offsets are bytes, multiples of 8.
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

    /** Plain read. */
    public long get(long offset) {
        long[] all = array;
        return all != null ? all[(int) (offset >> SHIFT)] : memory.get(JAVA_LONG, offset);
    }

    /** Plain write. */
    public void set(long offset, long value) {
        long[] all = array;
        if (all != null) {
            all[(int) (offset >> SHIFT)] = value;
        } else {
            memory.set(JAVA_LONG, offset, value);
        }
    }

    /** Read with acquire order. */
    public long getAcquire(long offset) {
        long[] all = array;
        return all != null ? (long) ELEMENT.getAcquire(all, (int) (offset >> SHIFT))
                : (long) WORD.getAcquire(memory, offset);
    }

    /** Write with release order. */
    public void setRelease(long offset, long value) {
        long[] all = array;
        if (all != null) {
            ELEMENT.setRelease(all, (int) (offset >> SHIFT), value);
        } else {
            WORD.setRelease(memory, offset, value);
        }
    }

    /** Atomic replacement of {@code expected} by {@code value}; false if there is something else. */
    public boolean compareAndSet(long offset, long expected, long value) {
        long[] all = array;
        return all != null ? ELEMENT.compareAndSet(all, (int) (offset >> SHIFT), expected, value)
                : WORD.compareAndSet(memory, offset, expected, value);
    }
}
