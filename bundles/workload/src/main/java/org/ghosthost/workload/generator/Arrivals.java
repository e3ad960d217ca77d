package org.ghosthost.workload.generator;

import java.util.SplittableRandom;

/**
 * The open-loop arrivals of requests: a Poisson process, each arrival with its service time. What arrives when
 * depends on the seed alone, never on how fast requests are served.
 */
final class Arrivals {
    private final SplittableRandom random;
    private final ServiceMix mix;
    private final double meanGapNs;
    private long left;
    private double timeNs;
    private long generatedNs;
    private long serviceNs;

    /**
     * Starts the process.
     *
     * @param startNs where time counts from
     * @param limit how many requests arrive at all
     */
    Arrivals(final long seed, final ServiceMix mix, final double ratePerS, final long limit, final long startNs) {
        random = new SplittableRandom(seed);
        this.mix = mix;
        meanGapNs = 1e9 / ratePerS;
        left = limit;
        timeNs = startNs;
    }

    /** Moves on to the next arrival; returns whether there is one. */
    boolean next() {
        if (left == 0) {
            return false;
        }
        left--;
        // StrictMath: the same bits from every compiler.
        timeNs += -meanGapNs * StrictMath.log(1 - random.nextDouble());
        generatedNs = (long) timeNs;
        serviceNs = mix.drawNs(random);
        return true;
    }

    /** Returns when the request came up. */
    long generatedNs() {
        return generatedNs;
    }

    /** Returns how much CPU time it needs. */
    long serviceNs() {
        return serviceNs;
    }
}
