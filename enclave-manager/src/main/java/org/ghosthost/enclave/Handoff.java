package org.ghosthost.enclave;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.Roll.Outcome;

/**
 * The way of one generation to the lead. One entry, {@link #advance}; each transition is one log line. Moved on the
 * thread that owns the enclave; may be read by any.
 */
public final class Handoff {
    private static final Logger LOG = LogManager.getLogger(Handoff.class);

    /** What moves a handoff on. */
    enum Event {
        PREPARED,
        FOLLOW,
        LEAD,
        FIRST_PASS,
        HEALTHY,
        FAILED
    }

    private final int enclave;
    private final int fromGeneration;
    private final String from;
    private final int toGeneration;
    private final String to;
    private final long atNs;

    private volatile HandoffState state = HandoffState.RESOLVED;
    private volatile Outcome outcome = Outcome.UNDER_WAY;
    private volatile String reason = "";
    private volatile long blackoutNs = -1;
    private volatile int tasksBefore;
    private volatile int tasksAfter;
    private long enteredNs = System.nanoTime();
    private long waitedNs;

    Handoff(int enclave, int fromGeneration, String from, int toGeneration, String to, long atNs) {
        this.enclave = enclave;
        this.fromGeneration = fromGeneration;
        this.from = from;
        this.toGeneration = toGeneration;
        this.to = to;
        this.atNs = atNs;
    }

    /** Where it stands. */
    public HandoffState state() {
        return state;
    }

    /** Waits, at most so long, until it has ended; where it stands then. For threads of operators only. */
    public synchronized HandoffState await(long timeoutMs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        while (!state.isFinal()) {
            long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                break;
            }
            wait(leftMs);
        }
        return state;
    }

    /** What has become of it so far. */
    public Roll roll() {
        return new Roll(enclave, fromGeneration, from, toGeneration, to, outcome, reason, atNs, blackoutNs, tasksBefore,
                tasksAfter);
    }

    void tasks(int before, int after) {
        tasksBefore = before;
        tasksAfter = after;
    }

    void blackoutNs(long blackoutNs) {
        this.blackoutNs = blackoutNs;
    }

    /** Notes why it had to be; it still ends well. */
    void because(Outcome why, String sentence) {
        LOG.warn("enclave {} generation {} ({}) bridges, {}: {}", enclave, toGeneration, to, why.text(), sentence);
        reason = sentence;
    }

    /** Ends it as failed, with the reason as one sentence. */
    void fail(Outcome outcome, String reason) {
        next(Event.FAILED);
        this.reason = reason;
        this.outcome = outcome;
        advance(Event.FAILED);
    }

    void advance(Event event) {
        HandoffState before = state;
        HandoffState next = next(event);
        long now = System.nanoTime();
        long ns = now - enteredNs;
        enteredNs = now;
        if (next == HandoffState.COMMITTED) {
            outcome = Outcome.COMMITTED;
        }
        state = next;
        if (next == HandoffState.ONLINE) {
            waitedNs = ns; // logged with the next transition: nobody may wait for a log in between
            return;
        }
        if (before == HandoffState.ONLINE) {
            log(HandoffState.FOLLOWING, HandoffState.ONLINE, waitedNs, "");
        }
        log(before, next, ns, reason.isEmpty() ? "" : ": " + reason);
        if (next.isFinal()) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    private void log(HandoffState before, HandoffState after, long ns, String why) {
        LOG.info("enclave {} generation {} ({}): {} -> {} after {} us{}", enclave, toGeneration, to, before, after,
                ns / 1000, why);
    }

    private HandoffState next(Event event) {
        return switch (event) {
            case PREPARED -> from(state == HandoffState.RESOLVED, event, HandoffState.PREPARED);
            case FOLLOW -> from(state == HandoffState.PREPARED, event, HandoffState.FOLLOWING);
            case LEAD -> from(state == HandoffState.FOLLOWING, event, HandoffState.ONLINE);
            case FIRST_PASS -> from(state == HandoffState.ONLINE, event, HandoffState.PROBATION);
            case HEALTHY -> from(state == HandoffState.PROBATION, event, HandoffState.COMMITTED);
            case FAILED -> from(!state.isFinal(), event, HandoffState.ROLLED_BACK);
        };
    }

    private HandoffState from(boolean allowed, Event event, HandoffState next) {
        if (!allowed) {
            throw new AssertionError("handoff to generation " + toGeneration + " is " + state + " and cannot take "
                    + event);
        }
        return next;
    }
}
