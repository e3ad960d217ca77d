package org.ghosthost.policies.edf;

import org.ghosthost.agent.Task;
import org.ghosthost.agent.priotable.Orchestrator;
import org.ghosthost.agent.priotable.SchedParams;
import org.ghosthost.agent.priotable.WorkClassStats;
import org.ghosthost.policy.priotable.SchedItem;
import org.jspecify.annotations.Nullable;

/** A task with its present piece of work, as its process's PrioTable describes it. */
public final class EdfTask extends Task {
    static final long FIRST_ESTIMATE_NS = 1_000_000;

    @Nullable Orchestrator orchestrator;
    @Nullable WorkClassStats stats;
    boolean hasParams;
    boolean isRestored;
    boolean hasWork;
    boolean mustLeave;
    int qos;
    int workClass;
    long deadlineNs;
    long elapsedNs;
    long estimatedNs;
    long schedDeadlineNs;

    // Counted into elapsed before the kernel side reported it.
    long aheadNs;

    EdfTask() {}

    @Override
    protected void begin() {
        orchestrator = null;
        stats = null;
        isRestored = false;
        mustLeave = false;
        aheadNs = 0;
        elapsedNs = 0;
        estimatedNs = FIRST_ESTIMATE_NS;
        withoutParams();
    }

    /** Nobody says anything about it: it has work, no deadline, and the lowest QoS. */
    void withoutParams() {
        hasParams = false;
        hasWork = true;
        qos = 0;
        workClass = 0;
        deadlineNs = SchedItem.NO_DEADLINE;
        updateSchedDeadline();
    }

    void read(SchedParams params) {
        hasParams = true;
        hasWork = params.hasWork();
        qos = params.qos();
        workClass = params.workClass();
    }

    /** The latest time to begin with what is left of the work, so that it is done by the deadline. */
    void updateSchedDeadline() {
        while (estimatedNs <= elapsedNs) {
            estimatedNs = 2 * Math.max(1, estimatedNs);
        }
        schedDeadlineNs = deadlineNs == SchedItem.NO_DEADLINE ? deadlineNs : deadlineNs - (estimatedNs - elapsedNs);
    }

    /** Quality of service, bigger is more important. */
    public int qos() {
        return qos;
    }

    /** Latest time to begin with what is left of its work, ns; {@link SchedItem#NO_DEADLINE} without a deadline. */
    public long schedDeadlineNs() {
        return schedDeadlineNs;
    }

    @Override
    public String toString() {
        return super.toString() + (hasWork ? " qos " : " no work, qos ") + qos + " deadline " + deadlineNs
                + " elapsed " + elapsedNs + " of " + estimatedNs;
    }
}
