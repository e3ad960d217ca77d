package org.ghosthost.metrics;

/**
 * A distribution of times, in ns. All but the count are 0 if nothing was recorded; a percentile is {@link #UNKNOWN} if
 * only counters were kept.
 *
 * @param count how many times were recorded
 * @param meanNs their mean, exact but for its fraction
 * @param p50Ns half of them are not longer, to the precision of the histogram
 * @param p99Ns 99 % of them are not longer
 * @param p999Ns 99.9 % of them are not longer
 * @param maxNs the longest, exact
 */
public record LatencySummary(long count, long meanNs, long p50Ns, long p99Ns, long p999Ns, long maxNs) {

    /** A percentile that was not measured. */
    public static final long UNKNOWN = -1;
}
