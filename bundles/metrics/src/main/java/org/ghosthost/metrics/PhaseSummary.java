package org.ghosthost.metrics;

/**
 * A part of a run, from one {@link RunRecorder#phase} to the next.
 *
 * @param name what was going on, for people
 * @param fromNs its start, ns
 * @param toNs its end, ns
 * @param deadlines the deadlines that lie in it
 */
public record PhaseSummary(String name, long fromNs, long toNs, DeadlineSummary deadlines) {
}
