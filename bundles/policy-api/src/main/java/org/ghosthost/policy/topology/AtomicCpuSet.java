package org.ghosthost.policy.topology;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A set of CPUs that several threads, or several processes, change at the same time.
 *
 * <p>Each CPU is added and removed atomically. What looks at more than one CPU ({@link #isEmpty()}, {@link #size()},
 * {@link #next(int)}, {@link #copyTo(CpuSet)}, …) reads one word after the other, so it sees every CPU that stays in
 * the set during the call, but no single moment of the whole set.
 *
 * <p>The words can be foreign memory, as in a mapped region: see {@link #over(MemorySegment)}. No operation allocates.
 */
public final class AtomicCpuSet {
    /** The size of a set in memory. */
    public static final long BYTES = (long) CpuSet.WORDS * Long.BYTES;

    // All accesses are volatile: an addition pairs with the testAndClear or contains that finds the CPU, so that what a
    // thread wrote before it added a CPU is visible to the thread that takes it out.
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private final MemorySegment words;

    /** Makes an empty set with words of its own. */
    public AtomicCpuSet() {
        this(MemorySegment.ofArray(new long[CpuSet.WORDS]));
    }

    private AtomicCpuSet(final MemorySegment words) {
        this.words = words;
    }

    /**
     * Makes a set whose words are in {@code memory}: what it holds is in the set at once, and the other way round.
     *
     * @param memory {@link #BYTES} bytes in the layout of {@link CpuSet#WORDS} 64-bit words of the machine's byte order
     * @throws IllegalArgumentException if the memory has another size, is not aligned to 8 bytes, or is read-only
     */
    public static AtomicCpuSet over(final MemorySegment memory) {
        if (memory.byteSize() != BYTES) {
            throw new IllegalArgumentException("a CPU set needs " + BYTES + " bytes: " + memory.byteSize());
        }
        if (memory.maxByteAlignment() < Long.BYTES || memory.address() % Long.BYTES != 0) {
            throw new IllegalArgumentException("the words of a CPU set must be aligned to 8 bytes");
        }
        if (memory.isReadOnly()) {
            throw new IllegalArgumentException("the words of a CPU set must be writable");
        }
        return new AtomicCpuSet(memory);
    }

    /**
     * Adds one CPU.
     *
     * @throws IllegalArgumentException if {@code cpu} is out of range
     */
    public void add(final int cpu) {
        WORD.getAndBitwiseOr(words, offset(CpuSet.checkId(cpu)), 1L << cpu);
    }

    /**
     * Removes one CPU.
     *
     * @throws IllegalArgumentException if {@code cpu} is out of range
     */
    public void remove(final int cpu) {
        testAndClear(cpu);
    }

    /**
     * Removes one CPU and returns whether it was in the set. Of several threads that remove the same CPU, one gets
     * {@code true}.
     *
     * @throws IllegalArgumentException if {@code cpu} is out of range
     */
    public boolean testAndClear(final int cpu) {
        final long bit = 1L << cpu;
        return ((long) WORD.getAndBitwiseAnd(words, offset(CpuSet.checkId(cpu)), ~bit) & bit) != 0;
    }

    /** Returns whether {@code cpu} is in this set; an id out of range never is. */
    public boolean contains(final int cpu) {
        return cpu >= 0 && cpu < CpuSet.MAX_CPUS && (word(cpu >> 6) & (1L << cpu)) != 0;
    }

    /** Returns whether no CPU is in this set. */
    public boolean isEmpty() {
        return next(0) < 0;
    }

    /** Returns how many CPUs are in this set. */
    public int size() {
        int size = 0;
        for (int i = 0; i < CpuSet.WORDS; i++) {
            size += Long.bitCount(word(i));
        }
        return size;
    }

    /** Removes all CPUs, those of one word at a time. */
    public void clear() {
        for (int i = 0; i < CpuSet.WORDS; i++) {
            WORD.setVolatile(words, (long) i << 3, 0L);
        }
    }

    /** Returns the lowest CPU of this set, or {@link CpuSet#NO_CPU}. */
    public int first() {
        return next(0);
    }

    /** Returns the lowest CPU of this set that is {@code from} or above, or {@link CpuSet#NO_CPU}. */
    public int next(final int from) {
        final int start = Math.max(from, 0);
        for (int i = start >> 6; i < CpuSet.WORDS; i++) {
            final long word = word(i) & (i == start >> 6 ? -1L << start : -1L);
            if (word != 0) {
                return (i << 6) + Long.numberOfTrailingZeros(word);
            }
        }
        return CpuSet.NO_CPU;
    }

    /**
     * Makes {@code target} equal to this set.
     *
     * @throws UnsupportedOperationException if {@code target} is frozen
     */
    public void copyTo(final CpuSet target) {
        for (int i = 0; i < CpuSet.WORDS; i++) {
            target.setWord(i, word(i));
        }
    }

    /** Makes this set equal to {@code source}, one word at a time. */
    public void copyFrom(final CpuSet source) {
        for (int i = 0; i < CpuSet.WORDS; i++) {
            WORD.setVolatile(words, (long) i << 3, source.word(i));
        }
    }

    /** Returns whether this set and {@code other} hold the same CPUs. */
    public boolean contentEquals(final CpuSet other) {
        for (int i = 0; i < CpuSet.WORDS; i++) {
            if (word(i) != other.word(i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns the list format, as {@link CpuSet#toString()} does. */
    @Override
    public String toString() {
        final CpuSet copy = new CpuSet();
        copyTo(copy);
        return copy.toString();
    }

    private long word(final int index) {
        return (long) WORD.getVolatile(words, (long) index << 3);
    }

    private static long offset(final int cpu) {
        return (long) (cpu >> 6) << 3;
    }
}
