package org.ghosthost.policies.edf;

import org.ghosthost.agent.Task;
import org.ghosthost.agent.TaskHeap;
import org.ghosthost.agent.priotable.Orchestrator;
import org.ghosthost.agent.priotable.PrioTablePolicy;
import org.ghosthost.agent.priotable.SchedParams;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.PolicyContext;
import org.jspecify.annotations.Nullable;

/**
 * Earliest deadline first on all CPUs. Applications say by a PrioTable what their tasks are about to do: whether there
 * is work, of which QoS, until when. A task runs before others if it is boosted, then if its QoS is higher, then if it
 * must begin earlier: its deadline less the time that the rest of its work is expected to take. A task without work
 * is kept off the CPUs, even though it could run. One about which nobody says anything has work and no deadline.
 *
 * <p>Deadlines are compared with {@link Agent#now}, so an application must take them from the same clock.
 */
public class EdfPolicy extends PrioTablePolicy<EdfTask> {
    private final TaskHeap<EdfTask> heap = new TaskHeap<>(EdfPolicy::compare);
    private final EdfMemory memory;

    /** A policy without tasks. */
    @SuppressWarnings("this-escape") // what is called keeps a number
    public EdfPolicy(PolicyContext context) {
        super(context, EdfTask::new, context.configuration().durationNs(EdfBundle.PRIO_TABLE_PERIOD));
        memory = new EdfMemory(context.policyMemory(), context.inherited());
        startAsConfigured();
    }

    // ---- the order

    private static int compare(EdfTask one, EdfTask other) {
        if (one.boosted() != other.boosted()) {
            return one.boosted() ? -1 : 1;
        }
        return one.qos() != other.qos() ? Integer.compare(other.qos(), one.qos())
                : Long.compare(one.schedDeadlineNs, other.schedDeadlineNs);
    }

    /**
     * Whether a task that finds no free CPU takes that of a running one. Must be transitive.
     *
     * @return in this release, whether its QoS is higher
     */
    protected boolean preempts(EdfTask challenger, EdfTask running) {
        return challenger.qos() > running.qos();
    }

    @Override
    protected final int victim(EdfTask challenger) {
        int victim = NO_CPU;
        EdfTask weakest = challenger;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            EdfTask running = running(cpu);
            if (running != null && running.mustLeave()) {
                return cpu;
            }
            if (running != null && preempts(weakest, running)) {
                weakest = running;
                victim = cpu;
            }
        }
        return victim;
    }

    // ---- the queue

    @Override
    protected final void queue(EdfTask task) {
        heap.add(task);
    }

    @Override
    protected final void unqueue(EdfTask task) {
        heap.remove(task);
    }

    @Override
    protected final boolean isQueued(EdfTask task) {
        return heap.contains(task);
    }

    @Override
    protected final void requeue(EdfTask task) {
        heap.update(task);
    }

    @Override
    protected final @Nullable EdfTask first() {
        return heap.first();
    }

    @Override
    protected final void putBack(EdfTask task) {
        enqueue(task);
    }

    // ---- tasks

    @Override
    protected final void arrived(EdfTask task) {
        memory.restore(task);
        task.updateSchedDeadline();
    }

    @Override
    protected final void ran(EdfTask task, long ranNs) {
        task.elapsedNs += Math.max(0, ranNs - task.aheadNs);
        task.aheadNs = Math.max(0, task.aheadNs - ranNs);
        task.updateSchedDeadline();
        heap.update(task);
        memory.keep(task);
    }

    /** Counts the time that a running task has used its CPU, which the kernel side reports when it stops. */
    private void chargeRunning(EdfTask task, long nowNs) {
        if (task.state() == Task.State.ON_CPU && running(task.cpu()) == task) {
            long aheadNs = Math.max(task.aheadNs, nowNs - sinceNs(task.cpu()));
            task.elapsedNs += aheadNs - task.aheadNs;
            task.aheadNs = aheadNs;
        }
    }

    // ---- what the applications say

    @Override
    protected final void paramsEnd(EdfTask task) {
        Orchestrator orchestrator = task.orchestrator();
        if (task.hasParams() && task.hasWork() && orchestrator != null) {
            long nowNs = agent().now();
            chargeRunning(task, nowNs);
            orchestrator.stats().done(task.workClass(), task.elapsedNs, nowNs > task.deadlineNs);
            task.elapsedNs = 0;
        }
    }

    @Override
    protected final void paramsBegin(EdfTask task, Orchestrator orchestrator, SchedParams params, boolean hadWork) {
        if (!task.isRestored) {
            task.estimatedNs = orchestrator.stats().estimateNs(task.workClass());
        }
        if (!params.repeating()) {
            task.deadlineNs = params.deadlineNs();
        } else if (!task.isRestored) {
            task.deadlineNs = agent().now() + params.periodNs();
        }
        task.isRestored = false;
        task.updateSchedDeadline();
        memory.keep(task);
        if (params.repeating() && !params.hasWork()) {
            giveWork(task);
        }
    }
}
