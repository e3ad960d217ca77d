package org.ghosthost.metrics;

import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/** A distribution of times: exact count, mean and maximum, and percentiles where a histogram is kept. */
final class Latency {
    /** Longer times are counted as this long in the percentiles; the maximum stays exact. */
    static final long HIGHEST_NS = 24L * 3_600_000_000_000L;

    private final @Nullable AbstractHistogram histogram;
    private long count;
    private long sumNs;
    private long maxNs;

    private Latency(@Nullable AbstractHistogram histogram) {
        this.histogram = histogram;
    }

    /** For the whole run: 3 significant digits, 300 KB. */
    static Latency precise() {
        return new Latency(new Histogram(HIGHEST_NS, 3));
    }

    /** For one task: 2 significant digits, 20 KB. */
    static Latency coarse() {
        return new Latency(new IntCountsHistogram(HIGHEST_NS, 2));
    }

    /** For one task of very many: no percentiles. */
    static Latency counted() {
        return new Latency(null);
    }

    /** Allocates nothing. A negative time counts as 0. */
    void record(long ns) {
        long time = Math.max(ns, 0);
        count++;
        sumNs += time;
        maxNs = Math.max(maxNs, time);
        if (histogram != null) {
            histogram.recordValue(Math.min(time, HIGHEST_NS));
        }
    }

    LatencySummary summary() {
        if (count == 0) {
            return new LatencySummary(0, 0, 0, 0, 0, 0);
        }
        return new LatencySummary(count, sumNs / count, percentile(50), percentile(99), percentile(99.9), maxNs);
    }

    private long percentile(double percent) {
        return histogram == null
                ? LatencySummary.UNKNOWN
                : Math.min(histogram.getValueAtPercentile(percent), maxNs);
    }
}
