package org.ghosthost.metrics;

/**
 * What became of deadlines. A job that is still open when the run ends counts only if its deadline is over.
 *
 * @param due deadlines that were met or missed
 * @param missed those whose job was not done in time, whether it was done later or never
 */
public record DeadlineSummary(long due, long missed) {

    /** Share of the deadlines that were missed, 0 to 1; 0 if there were none. */
    public double missedShare() {
        return due == 0 ? 0 : (double) missed / due;
    }
}
