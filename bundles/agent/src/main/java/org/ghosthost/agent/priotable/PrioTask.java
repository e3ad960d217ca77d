package org.ghosthost.agent.priotable;

import org.ghosthost.agent.Task;
import org.jspecify.annotations.Nullable;

/** A task with what its process's PrioTable says of it. Subclass it to know more. */
public class PrioTask extends Task {
    @Nullable Orchestrator orchestrator;
    boolean hasParams;
    boolean hasWork;
    boolean mustLeave;
    private int qos;
    private int workClass;
    private boolean repeating;

    /** Made by a {@link org.ghosthost.agent.TaskMap}. */
    protected PrioTask() {}

    @Override
    protected void begin() {
        orchestrator = null;
        mustLeave = false;
        forgetParams();
    }

    final void forgetParams() {
        hasParams = false;
        hasWork = true;
        qos = 0;
        workClass = 0;
        repeating = false;
        withoutParams();
    }

    final void read(SchedParams params) {
        hasParams = true;
        hasWork = params.hasWork();
        qos = params.qos();
        workClass = params.workClass();
        repeating = params.repeating();
    }

    /** Nobody says anything about it (any more): it has work, and the lowest QoS. Also called at its begin. */
    protected void withoutParams() {}

    /** What is known of its process's table; null if it has none. */
    public final @Nullable Orchestrator orchestrator() {
        return orchestrator;
    }

    /** Whether the application says something about it. */
    public final boolean hasParams() {
        return hasParams;
    }

    /** Whether it has work; without, it is kept off the CPUs even though it could run. */
    public final boolean hasWork() {
        return hasWork;
    }

    /** Whether it lost its work while it ran, and has to be taken off its CPU. */
    public final boolean mustLeave() {
        return mustLeave;
    }

    /** Quality of service, bigger is more important. */
    public final int qos() {
        return qos;
    }

    /** Index of its work class. */
    public final int workClass() {
        return workClass;
    }

    /** Whether it gets new work each period. */
    public final boolean repeating() {
        return repeating;
    }

    @Override
    public String toString() {
        return super.toString() + (hasWork ? " qos " : " no work, qos ") + qos;
    }
}
