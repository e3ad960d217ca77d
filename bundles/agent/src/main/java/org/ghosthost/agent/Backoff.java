package org.ghosthost.agent;

import org.ghosthost.policy.Policy;

/** When to try again what did not work and announces no end: at first after a context switch's time, then later. */
final class Backoff {
    /** About as long as a context switch takes. */
    static final long FIRST_NS = 1_000;
    /** Often enough not to be noticed by people, seldom enough to cost nothing. */
    static final long LONGEST_NS = 1_000_000;

    private long delayNs = FIRST_NS;
    private long failedNs;
    private long untilNs = Policy.UNTIL_MESSAGE;

    /** Something failed: try again later than last time, unless that was long ago. */
    void failed(long nowNs) {
        boolean isRecent = nowNs - failedNs <= 2 * LONGEST_NS;
        delayNs = isRecent ? Math.min(2 * delayNs, LONGEST_NS) : FIRST_NS;
        failedNs = nowNs;
        untilNs = nowNs + delayNs;
    }

    /** Something else failed: try again soon. */
    void failedFirst(long nowNs) {
        delayNs = FIRST_NS;
        failedNs = nowNs;
        untilNs = nowNs + delayNs;
    }

    /** Nothing is left to try. */
    void end() {
        untilNs = Policy.UNTIL_MESSAGE;
    }

    /** Whether something may be tried again, or nothing is held back at all. */
    boolean isDue(long nowNs) {
        return nowNs >= untilNs;
    }

    /** When to try, ns; {@code Policy.UNTIL_MESSAGE} if there is nothing to try. */
    long untilNs() {
        return untilNs;
    }
}
