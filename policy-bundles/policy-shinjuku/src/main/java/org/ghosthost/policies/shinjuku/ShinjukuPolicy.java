package org.ghosthost.policies.shinjuku;

import org.ghosthost.agent.Task;
import org.ghosthost.agent.TaskHeap;
import org.ghosthost.agent.priotable.Orchestrator;
import org.ghosthost.agent.priotable.PrioTablePolicy;
import org.ghosthost.agent.priotable.SchedParams;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * Short slices on all CPUs, so that short requests do not wait behind long ones (Shinjuku, NSDI'19). Applications say
 * by a PrioTable whether a task has work and of which QoS. A task of a higher QoS takes the CPU of one of a lower QoS
 * at once; one of the same QoS takes it when the slice is over, or when the running task has begun another piece of
 * work. A task without work leaves its CPU. Repeating work comes back when its period is over; its tasks, and those of
 * a process without a table, have no slice.
 */
final class ShinjukuPolicy extends PrioTablePolicy<ShinjukuTask> {
    private final QosQueues queues = new QosQueues(tasks);
    private final TaskHeap<ShinjukuTask> paused =
            new TaskHeap<>((one, other) -> Long.compare(one.renewNs, other.renewNs));
    private final long sliceNs;
    private boolean anyMayLeave;

    ShinjukuPolicy(PolicyContext context) {
        super(context, ShinjukuTask::new, context.configuration().durationNs(Shinjuku.PRIO_TABLE_PERIOD));
        sliceNs = context.configuration().durationNs(Shinjuku.PREEMPTION_TIME_SLICE);
        startAsConfigured();
    }

    // ---- the queue

    @Override
    protected void queue(ShinjukuTask task) {
        queues.add(task);
    }

    @Override
    protected void unqueue(ShinjukuTask task) {
        queues.remove(task);
    }

    @Override
    protected boolean isQueued(ShinjukuTask task) {
        return task.queuedIn >= 0;
    }

    @Override
    protected void requeue(ShinjukuTask task) {
        if (task.boosted() || !queues.isInItsPlace(task)) {
            queues.remove(task);
            queues.add(task);
        }
    }

    @Override
    protected @Nullable ShinjukuTask first() {
        return queues.first();
    }

    // ---- who gives way

    @Override
    protected int victim(ShinjukuTask challenger) {
        int victim = NO_CPU;
        ShinjukuTask weakest = null;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            ShinjukuTask running = running(cpu);
            if (running != null && running.mustLeave()) {
                return cpu;
            }
            if (running != null && givesWay(running, cpu, challenger)
                    && (weakest == null || isWeaker(running, cpu, weakest, victim))) {
                weakest = running;
                victim = cpu;
            }
        }
        return victim;
    }

    private boolean givesWay(ShinjukuTask running, int cpu, ShinjukuTask challenger) {
        return challenger.qos() > running.qos() || (challenger.qos() == running.qos()
                && (running.mayLeave || (hasSlice(running) && nowNs() - sinceNs(cpu) >= sliceNs)));
    }

    private boolean isWeaker(ShinjukuTask one, int cpu, ShinjukuTask other, int otherCpu) {
        return one.qos() != other.qos() ? one.qos() < other.qos() : sinceNs(cpu) < sinceNs(otherCpu);
    }

    private static boolean hasSlice(ShinjukuTask task) {
        return task.orchestrator() != null && !task.repeating();
    }

    // ---- what the applications say

    @Override
    protected void paramsBegin(ShinjukuTask task, Orchestrator orchestrator, SchedParams params, boolean hadWork) {
        paused.remove(task);
        if (params.hasWork()) {
            task.mayLeave = task.state() == Task.State.ON_CPU;
            anyMayLeave |= task.mayLeave;
        } else if (params.repeating()) {
            task.renewNs = task.lastRanNs + params.periodNs();
            paused.add(task);
        }
    }

    @Override
    protected void gone(ShinjukuTask task) {
        paused.remove(task);
    }

    // ---- the pass

    @Override
    protected void beforePass() {
        super.beforePass();
        for (ShinjukuTask task = paused.first(); task != null && task.renewNs <= nowNs(); task = paused.first()) {
            paused.remove(task);
            giveWork(task);
        }
    }

    /** Who was not replaced in the pass after its new piece of work began keeps its CPU. */
    @Override
    protected void afterDecisions() {
        super.afterDecisions();
        if (anyMayLeave) {
            anyMayLeave = false;
            for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
                ShinjukuTask running = running(cpu);
                if (running != null) {
                    running.mayLeave = false;
                }
            }
        }
    }

    @Override
    public void committed(int cpu, long gtid, TransactionState state) {
        super.committed(cpu, gtid, state);
        ShinjukuTask task = running(cpu);
        if (task != null && task.gtid() == gtid && state == TransactionState.COMPLETE) {
            task.mayLeave = false;
            task.lastRanNs = nowNs();
        }
    }

    @Override
    protected long wakeAtNs() {
        ShinjukuTask next = paused.first();
        return Math.min(super.wakeAtNs(), Math.min(sliceEndNs(), next == null ? UNTIL_MESSAGE : next.renewNs));
    }

    /** When the task that waits first may replace one of its QoS. */
    private long sliceEndNs() {
        ShinjukuTask challenger = first();
        if (challenger == null || sliceNs == UNTIL_MESSAGE) {
            return UNTIL_MESSAGE;
        }
        long endNs = hasDecided() ? nowNs() + sliceNs : UNTIL_MESSAGE;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            ShinjukuTask running = running(cpu);
            if (running != null && running.qos() == challenger.qos() && hasSlice(running)) {
                endNs = Math.min(endNs, sinceNs(cpu) + sliceNs);
            }
        }
        return endNs;
    }
}
