package org.ghosthost.workload.rtapp;

/** A timer: it remembers its last tick, so that the time its task ran late is not added to the next period. */
final class Timer {
    private final boolean absolute;
    private boolean started;
    private long tickNs;

    Timer(final boolean absolute) {
        this.absolute = absolute;
    }

    /**
     * Moves on to the next tick.
     *
     * @param firstNs where the first period begins, if this is the first use
     * @return the tick: in the future, if the task is to sleep; else the next period counts from there
     */
    long advance(final long firstNs, final long periodNs, final long nowNs) {
        if (!started) {
            started = true;
            tickNs = firstNs;
        }
        tickNs += periodNs;
        if (tickNs <= nowNs && !absolute) {
            tickNs = nowNs;
        }
        return tickNs;
    }
}
