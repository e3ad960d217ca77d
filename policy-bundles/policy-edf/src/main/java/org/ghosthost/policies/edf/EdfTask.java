package org.ghosthost.policies.edf;

import org.ghosthost.agent.priotable.PrioTask;
import org.ghosthost.policy.priotable.SchedItem;

/** A task with its present piece of work, as its process's PrioTable describes it. */
public final class EdfTask extends PrioTask {
    static final long FIRST_ESTIMATE_NS = 1_000_000;

    boolean isRestored;
    long deadlineNs;
    long elapsedNs;
    long estimatedNs;
    long schedDeadlineNs;

    // Counted into elapsed before the kernel side reported it.
    long aheadNs;

    EdfTask() {}

    @Override
    protected void begin() {
        isRestored = false;
        aheadNs = 0;
        elapsedNs = 0;
        estimatedNs = FIRST_ESTIMATE_NS;
        super.begin();
    }

    @Override
    protected void withoutParams() {
        deadlineNs = SchedItem.NO_DEADLINE;
        updateSchedDeadline();
    }

    /** The latest time to begin with what is left of the work, so that it is done by the deadline. */
    void updateSchedDeadline() {
        while (estimatedNs <= elapsedNs) {
            estimatedNs = 2 * Math.max(1, estimatedNs);
        }
        schedDeadlineNs = deadlineNs == SchedItem.NO_DEADLINE ? deadlineNs : deadlineNs - (estimatedNs - elapsedNs);
    }

    /** Latest time to begin with what is left of its work, ns; {@link SchedItem#NO_DEADLINE} without a deadline. */
    public long schedDeadlineNs() {
        return schedDeadlineNs;
    }

    @Override
    public String toString() {
        return super.toString() + " deadline " + deadlineNs + " elapsed " + elapsedNs + " of " + estimatedNs;
    }
}
