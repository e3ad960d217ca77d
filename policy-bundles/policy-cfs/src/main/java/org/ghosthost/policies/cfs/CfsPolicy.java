package org.ghosthost.policies.cfs;

import org.ghosthost.agent.BalancedPolicy;
import org.ghosthost.agent.TaskHeap;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * Completely fair on each CPU: the task that had least CPU time, weighted by its nice value, runs next, for a turn that
 * is the shorter the more tasks wait. Who sleeps gains no credit. A task that goes to another CPU keeps its distance
 * to the least virtual runtime there; a successor finds it in the policy memory.
 *
 * <p>Tasks are spread by those CPUs that have nothing to run, and by a look at a neighbour's load now and then.
 */
final class CfsPolicy extends BalancedPolicy<CfsTask> {
    static final int MEMORY_VERSION = 1;
    private static final int LAG = 0;

    private final TaskHeap<CfsTask> queue =
            new TaskHeap<>((one, other) -> Long.compare(one.vruntime, other.vruntime));
    private final PolicyMemory memory;
    private final long minGranularityNs;
    private final long latencyNs;
    private long minVruntime;
    private long turnBeganNs;

    CfsPolicy(PolicyContext context) {
        super(context, CfsTask::new, context.configuration().durationNs(Cfs.BALANCE_PERIOD));
        memory = context.policyMemory();
        minGranularityNs = context.configuration().durationNs(Cfs.MIN_GRANULARITY);
        latencyNs = context.configuration().durationNs(Cfs.LATENCY);
    }

    // ---- the queue

    @Override
    protected void enqueue(CfsTask task) {
        task.vruntime = Math.max(task.vruntime, minVruntime);
        queue.add(task);
    }

    @Override
    protected void dequeue(CfsTask task) {
        queue.remove(task);
    }

    @Override
    protected @Nullable CfsTask first() {
        return queue.first();
    }

    @Override
    protected void putBack(CfsTask task) {
        enqueue(task);
    }

    @Override
    protected int waiting() {
        return queue.size();
    }

    @Override
    protected @Nullable CfsTask last() {
        return queue.last();
    }

    @Override
    protected @Nullable CfsTask previous(CfsTask task) {
        return queue.previous(task);
    }

    // ---- virtual runtime

    @Override
    protected void added(CfsTask task) {
        task.nice(context.statusWords().nice(task.statusWord()));
        task.vruntime = minVruntime + Math.max(0, memory.get(task.statusWord(), LAG));
    }

    @Override
    protected void removed(CfsTask task) {
        keep(task);
    }

    @Override
    protected void ran(CfsTask task, long ranNs) {
        task.ran(ranNs);
        queue.update(task);
        raiseMinimum(task.vruntime);
        keep(task);
    }

    @Override
    public void taskPriorityChanged(Message message) {
        super.taskPriorityChanged(message);
        CfsTask task = tasks.at(message.statusWord());
        if (task != null && task.gtid() == message.gtid()) {
            task.nice(message.nice());
        }
    }

    private void keep(CfsTask task) {
        memory.set(task.statusWord(), LAG, task.vruntime - minVruntime);
    }

    /** The least of those who can run here, one of whom has {@code vruntime}; never goes back. */
    private void raiseMinimum(long vruntime) {
        CfsTask first = queue.first();
        minVruntime = Math.max(minVruntime, first == null ? vruntime : Math.min(vruntime, first.vruntime));
    }

    // ---- turns

    @Override
    public void committed(int onCpu, long gtid, TransactionState state) {
        super.committed(onCpu, gtid, state);
        if (state == TransactionState.COMPLETE) {
            turnBeganNs = nowNs();
        }
    }

    private long turnNs() {
        int tasks = queue.size() + 1;
        return tasks * minGranularityNs > latencyNs ? minGranularityNs : Math.ceilDiv(latencyNs, tasks);
    }

    @Override
    protected long wakeAtNs() {
        long untilNs = super.wakeAtNs();
        if (!isBusy() || queue.isEmpty()) {
            return untilNs;
        }
        long beganNs = running() == null ? nowNs() : turnBeganNs; // what was decided just now begins with the commit
        return Math.min(untilNs, Math.max(beganNs + turnNs(), nowNs() + 1));
    }

    @Override
    public void dump(StringBuilder out) {
        super.dump(out);
        out.append("cpu ").append(cpu).append(" least vruntime ").append(minVruntime).append('\n');
    }
}
