package org.ghosthost.kernel.sim;

/** A running hash over everything that can be seen from outside: the same run, the same hash. */
final class TraceHash {
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private long hash = PRIME;

    void add(long a, long b, long c) {
        long h = (hash ^ a) * PRIME;
        h = (h ^ h >>> 29 ^ b) * PRIME;
        h = (h ^ h >>> 31 ^ c) * PRIME;
        hash = h ^ h >>> 32;
    }

    long value() {
        return hash;
    }
}
