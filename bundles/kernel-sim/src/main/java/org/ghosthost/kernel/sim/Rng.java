package org.ghosthost.kernel.sim;

/** Pseudo-random numbers (SplitMix64; Steele, Lea, Flood 2014): the same seed, the same numbers, on every JVM. */
final class Rng {
    private long state;

    Rng(long seed) {
        state = seed;
    }

    long next() {
        state += 0x9E3779B97F4A7C15L;
        long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** 0 to {@code bound} - 1. */
    int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(next(), bound);
    }

    /** True {@code millionths} times in a million; draws no number if that is never. */
    boolean chance(int millionths) {
        return millionths > 0 && below(1_000_000) < millionths;
    }
}
