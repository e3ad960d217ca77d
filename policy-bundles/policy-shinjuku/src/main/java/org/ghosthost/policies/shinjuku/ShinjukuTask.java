package org.ghosthost.policies.shinjuku;

import org.ghosthost.agent.priotable.PrioTask;

/** A task with what decides whether another one may replace it. */
final class ShinjukuTask extends PrioTask {
    /** Number of its class in {@link QosQueues}; -1 while it is not queued. */
    int queuedIn = -1;

    /** It has finished one piece of work and has begun another: one of its QoS that waits may go before. */
    boolean mayLeave;

    /** When it got its CPU last, ns. */
    long lastRanNs;

    /** When it gets its next piece of work, ns; of a repeating task without work. */
    long renewNs;

    @Override
    protected void begin() {
        queuedIn = -1;
        mayLeave = false;
        lastRanNs = 0;
        super.begin();
    }
}
