package org.ghosthost.policy.topology;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * A set of CPU ids, {@code 0} to {@link #MAX_CPUS}{@code  - 1}.
 *
 * <p>No operation allocates, but those that return a new set, an array or a text. Walk a set in ascending order with
 * {@snippet :
 * for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
 *     visit(cpu);
 * }
 * }
 *
 * <p>A set is mutable, unless it is {@linkplain #frozen() frozen}: the sets that a {@link Topology} hands out are,
 * since everybody shares them. A mutable set belongs to one thread; a frozen one may be read by all.
 * {@link AtomicCpuSet} is the set that several threads may change.
 */
public final class CpuSet {
    /** How many CPUs a machine may have. A power of two. */
    public static final int MAX_CPUS = 1024;

    /** How many 64-bit words hold a set: bit {@code n % 64} of word {@code n / 64} stands for CPU {@code n}. */
    public static final int WORDS = MAX_CPUS / Long.SIZE;

    /** The id that is no CPU's: what a search returns when it finds nothing. */
    public static final int NO_CPU = -1;

    private final long[] words;
    private final boolean frozen;

    /** No word from here on has a CPU: on most machines the first word is all there is to look at. */
    private int used;

    /** Makes an empty, mutable set. */
    public CpuSet() {
        this(new long[WORDS], 0, false);
    }

    private CpuSet(final long[] words, final int used, final boolean frozen) {
        this.words = words;
        this.used = used;
        this.frozen = frozen;
    }

    /**
     * Makes a set of the given CPUs; repetitions are fine.
     *
     * @throws IllegalArgumentException if an id is out of range
     */
    public static CpuSet of(final int... cpus) {
        final CpuSet set = new CpuSet();
        for (final int cpu : cpus) {
            set.add(cpu);
        }
        return set;
    }

    /**
     * Makes the set of all CPUs from {@code first} to {@code last}, both included.
     *
     * @throws IllegalArgumentException if an id is out of range or {@code first > last}
     */
    public static CpuSet range(final int first, final int last) {
        final CpuSet set = new CpuSet();
        set.addRange(first, last);
        return set;
    }

    /**
     * Reads the list format of the kernel, as in {@code "0-3,8\n"}: ids and ranges between commas, in any order,
     * repetitions and overlaps included. White space round the whole text is ignored; an empty text is the empty set.
     *
     * @throws IllegalArgumentException if the text is anything else or an id is out of range; the message quotes the
     *     text and says what is wrong with it
     */
    public static CpuSet parse(final String text) {
        return CpuText.parseList(text, MAX_CPUS);
    }

    /**
     * Reads the list format as {@link #parse(String)} does, for a machine with the CPUs {@code 0} to
     * {@code cpuCount - 1}.
     *
     * @throws IllegalArgumentException as {@link #parse(String)}, and if {@code cpuCount} is not 1 to {@link #MAX_CPUS}
     */
    public static CpuSet parse(final String text, final int cpuCount) {
        return CpuText.parseList(text, cpuCount);
    }

    /**
     * Reads the mask format of the kernel, as in {@code "4d"} or {@code "1,ffffffff"}: groups of at most eight
     * hexadecimal digits between commas, the last group being CPUs 0 to 31. White space round the whole text is
     * ignored.
     *
     * @throws IllegalArgumentException if the text is anything else, more than eight digits stand together, or a CPU is
     *     out of range; the message quotes the text and says what is wrong with it
     */
    public static CpuSet parseMask(final String text) {
        return CpuText.parseMask(text);
    }

    /**
     * Adds one CPU.
     *
     * @throws IllegalArgumentException if {@code cpu} is out of range
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void add(final int cpu) {
        checkMutable();
        final int index = checkId(cpu) >> 6;
        words[index] |= 1L << cpu;
        used = Math.max(used, index + 1);
    }

    /**
     * Adds all CPUs from {@code first} to {@code last}, both included.
     *
     * @throws IllegalArgumentException if an id is out of range or {@code first > last}
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void addRange(final int first, final int last) {
        checkMutable();
        checkId(first);
        checkId(last);
        if (first > last) {
            throw new IllegalArgumentException("range of CPUs runs backwards: " + first + "-" + last);
        }
        for (int cpu = first; cpu <= last; cpu++) {
            words[cpu >> 6] |= 1L << cpu;
        }
        used = Math.max(used, (last >> 6) + 1);
    }

    /**
     * Removes one CPU.
     *
     * @throws IllegalArgumentException if {@code cpu} is out of range
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void remove(final int cpu) {
        checkMutable();
        words[checkId(cpu) >> 6] &= ~(1L << cpu);
    }

    /** Returns whether {@code cpu} is in this set; an id out of range, {@link #NO_CPU} included, never is. */
    public boolean contains(final int cpu) {
        return (cpu & -MAX_CPUS) == 0 && (words[cpu >> 6] & (1L << cpu)) != 0;
    }

    /** Returns whether no CPU is in this set. */
    public boolean isEmpty() {
        long any = 0;
        for (int i = 0; i < used; i++) {
            any |= words[i];
        }
        return any == 0;
    }

    /** Returns how many CPUs are in this set. */
    public int size() {
        int size = 0;
        for (int i = 0; i < used; i++) {
            size += Long.bitCount(words[i]);
        }
        return size;
    }

    /**
     * Removes all CPUs.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void clear() {
        checkMutable();
        Arrays.fill(words, 0, used, 0);
        used = 0;
    }

    /** Returns the lowest CPU of this set, or {@link #NO_CPU}. */
    public int first() {
        return next(0);
    }

    /**
     * Returns the lowest CPU of this set that is {@code from} or above, or {@link #NO_CPU}. Any {@code from} is
     * allowed, so that {@code next(cpu + 1)} ends a walk.
     */
    public int next(final int from) {
        final int start = Math.max(from, 0);
        int index = start >> 6;
        if (index >= used) {
            return NO_CPU;
        }
        long word = words[index] & (-1L << start);
        while (word == 0) {
            if (++index >= used) {
                return NO_CPU;
            }
            word = words[index];
        }
        return (index << 6) + Long.numberOfTrailingZeros(word);
    }

    /**
     * Returns the lowest CPU that is {@code from} or above, else the lowest CPU of all, or {@link #NO_CPU} if this set
     * is empty: one step of a round robin.
     */
    public int nextCyclic(final int from) {
        final int cpu = next(from);
        return cpu >= 0 ? cpu : first();
    }

    /** Returns the highest CPU of this set, or {@link #NO_CPU}. */
    public int last() {
        for (int i = used - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return (i << 6) + 63 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return NO_CPU;
    }

    /** Returns the CPU with {@code n} lower ones in this set, or {@link #NO_CPU} if there is none. */
    public int nth(final int n) {
        if (n < 0) {
            return NO_CPU;
        }
        int skip = n;
        for (int i = 0; i < used; i++) {
            long word = words[i];
            final int count = Long.bitCount(word);
            if (skip < count) {
                for (; skip > 0; skip--) {
                    word &= word - 1;
                }
                return (i << 6) + Long.numberOfTrailingZeros(word);
            }
            skip -= count;
        }
        return NO_CPU;
    }

    /**
     * Removes and returns the lowest CPU of this set; {@link #NO_CPU} if it is empty.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public int pollFirst() {
        checkMutable();
        final int cpu = first();
        if (cpu >= 0) {
            words[cpu >> 6] &= ~(1L << cpu);
        }
        return cpu;
    }

    /**
     * Adds all CPUs of {@code other}: the union, in place.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void addAll(final CpuSet other) {
        checkMutable();
        used = Math.max(used, other.used);
        for (int i = 0; i < used; i++) {
            words[i] |= other.words[i];
        }
    }

    /**
     * Removes all CPUs of {@code other}: the difference, in place.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void removeAll(final CpuSet other) {
        checkMutable();
        for (int i = 0; i < used; i++) {
            words[i] &= ~other.words[i];
        }
    }

    /**
     * Keeps only what is also in {@code other}: the intersection, in place.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void retainAll(final CpuSet other) {
        checkMutable();
        for (int i = 0; i < used; i++) {
            words[i] &= other.words[i];
        }
    }

    /** Returns whether some CPU is in both sets. */
    public boolean intersects(final CpuSet other) {
        long common = 0;
        for (int i = 0; i < used; i++) {
            common |= words[i] & other.words[i];
        }
        return common != 0;
    }

    /** Returns whether all CPUs of {@code other} are in this set. */
    public boolean containsAll(final CpuSet other) {
        long missing = 0;
        for (int i = 0; i < other.used; i++) {
            missing |= other.words[i] & ~words[i];
        }
        return missing == 0;
    }

    /**
     * Makes this set equal to {@code other}.
     *
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void copyFrom(final CpuSet other) {
        checkMutable();
        final int copied = Math.max(used, other.used);
        System.arraycopy(other.words, 0, words, 0, copied);
        used = other.used;
    }

    /** Returns a new, mutable set of the same CPUs. */
    public CpuSet copy() {
        return new CpuSet(words.clone(), used, false);
    }

    /** Returns a set of the same CPUs that nobody can change: this one if it is frozen already, else a copy. */
    public CpuSet frozen() {
        return frozen ? this : new CpuSet(words.clone(), used, true);
    }

    /** Returns whether every attempt to change this set is refused. */
    public boolean isFrozen() {
        return frozen;
    }

    /** Calls {@code action} with each CPU, in ascending order. */
    public void forEach(final IntConsumer action) {
        for (int cpu = first(); cpu >= 0; cpu = next(cpu + 1)) {
            action.accept(cpu);
        }
    }

    /** Returns the ids in ascending order, as a new array. */
    public int[] toArray() {
        final int[] cpus = new int[size()];
        int cpu = -1;
        for (int i = 0; i < cpus.length; i++) {
            cpu = next(cpu + 1);
            cpus[i] = cpu;
        }
        return cpus;
    }

    /**
     * Returns one word of the set, as kernel interfaces hold it.
     *
     * @param index 0 to {@link #WORDS}{@code  - 1}
     */
    public long word(final int index) {
        return words[index];
    }

    /**
     * Replaces one word of the set.
     *
     * @param index 0 to {@link #WORDS}{@code  - 1}
     * @param bits the CPUs {@code 64 * index} and up, lowest bit first
     * @throws UnsupportedOperationException if this set is frozen
     */
    public void setWord(final int index, final long bits) {
        checkMutable();
        words[index] = bits;
        used = Math.max(used, index + 1);
    }

    /** Returns the mask format, as in {@code "1,ffffffff"}: lower case, a comma each eight digits, no leading zeros. */
    public String toMask() {
        return CpuText.formatMask(this);
    }

    /** Returns the list format, as in {@code "0-3,8"}; {@link #parse(String)} reads it back. */
    @Override
    public String toString() {
        return CpuText.formatList(this);
    }

    /** Returns whether {@code other} is a set of the same CPUs, frozen or not. */
    @Override
    public boolean equals(final Object other) {
        return other instanceof CpuSet that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    private void checkMutable() {
        if (frozen) {
            throw new UnsupportedOperationException("this CPU set is read-only; change a copy() of it");
        }
    }

    static int checkId(final int cpu) {
        // One test for both ends: a negative id has its high bits set too.
        if ((cpu & -MAX_CPUS) != 0) {
            throw new IllegalArgumentException("CPU id is out of range 0-" + (MAX_CPUS - 1) + ": " + cpu);
        }
        return cpu;
    }
}
