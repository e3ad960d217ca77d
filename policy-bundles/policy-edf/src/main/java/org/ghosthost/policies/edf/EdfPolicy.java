package org.ghosthost.policies.edf;

import java.util.IdentityHashMap;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.agent.TaskHeap;
import org.ghosthost.agent.priotable.Orchestrator;
import org.ghosthost.agent.priotable.Orchestrators;
import org.ghosthost.agent.priotable.SchedParams;
import org.ghosthost.agent.priotable.SchedParamsListener;
import org.ghosthost.agent.priotable.WorkClassStats;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * Earliest deadline first on all CPUs. Applications say by a PrioTable what their tasks are about to do: whether there
 * is work, of which QoS, until when. A task runs before others if it is boosted, then if its QoS is higher, then if it
 * must begin earlier: its deadline less the time that the rest of its work is expected to take. A task without work
 * is kept off the CPUs, even though it could run. One about which nobody says anything has work and no deadline.
 *
 * <p>Deadlines are compared with {@link Agent#now}, so an application must take them from the same clock.
 */
public class EdfPolicy extends GlobalPolicy<EdfTask> implements SchedParamsListener {
    private final TaskHeap<EdfTask> heap = new TaskHeap<>(EdfPolicy::compare);
    private final Orchestrators orchestrators;
    private final IdentityHashMap<Orchestrator, WorkClassStats> stats = new IdentityHashMap<>();
    private final EdfMemory memory;
    private final long tablePeriodNs;
    private int waiting;
    private boolean isTableRead;
    private boolean mustLook;

    /** A policy without tasks. */
    @SuppressWarnings("this-escape") // the listener is called in a pass at the earliest
    public EdfPolicy(PolicyContext context) {
        super(context, EdfTask::new);
        orchestrators = new Orchestrators(this);
        memory = new EdfMemory(context.policyMemory(), context.inherited());
        tablePeriodNs = context.configuration().durationNs(EdfBundle.PRIO_TABLE_PERIOD);
        startOn((int) context.configuration().integer(EdfBundle.GLOBAL_CPU));
    }

    // ---- the order

    private static int compare(EdfTask one, EdfTask other) {
        if (one.boosted() != other.boosted()) {
            return one.boosted() ? -1 : 1;
        }
        return one.qos != other.qos ? Integer.compare(other.qos, one.qos)
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
            if (running != null && running.mustLeave) {
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
    protected final void enqueue(EdfTask task) {
        if (!hasLed() && task.orchestrator != null) {
            // A follower makes no passes, in which it could look.
            task.orchestrator.refresh(this);
        }
        waiting++;
        task.mustLeave = false;
        if (task.hasWork && !heap.contains(task)) {
            heap.add(task);
        }
    }

    @Override
    protected final void dequeue(EdfTask task) {
        waiting--;
        heap.remove(task);
    }

    @Override
    protected final @Nullable EdfTask first() {
        return heap.first();
    }

    @Override
    protected final void boosted(EdfTask task) {
        heap.update(task);
    }

    @Override
    protected final void putBack(EdfTask task) {
        enqueue(task);
    }

    // ---- tasks

    @Override
    protected final void added(EdfTask task) {
        memory.restore(task);
        int tgid = context.statusWords().tgid(task.statusWord());
        Orchestrator orchestrator = tgid > 0 ? orchestrators.taskAdded(agent(), tgid) : null;
        if (orchestrator != null) {
            boolean isNew = !stats.containsKey(orchestrator);
            task.orchestrator = orchestrator;
            task.stats = stats.computeIfAbsent(orchestrator, process -> new WorkClassStats(process.table()));
            if (isNew) {
                orchestrator.refresh(this);
            }
            SchedParams params = orchestrator.paramsOf(task.gtid());
            if (params != null && !task.hasParams) {
                apply(task, orchestrator, params);
            }
        }
        task.updateSchedDeadline();
    }

    @Override
    protected final void removed(EdfTask task) {
        Orchestrator orchestrator = task.orchestrator;
        if (orchestrator != null) {
            orchestrators.taskRemoved(orchestrator);
            if (orchestrators.of(orchestrator.tgid()) == null) {
                stats.remove(orchestrator);
            }
        }
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
    public final void paramsChanged(Orchestrator orchestrator, SchedParams params, long oldGtid) {
        if (oldGtid > 0 && oldGtid != params.gtid() && orchestrator.paramsOf(oldGtid) == null) {
            EdfTask old = tasks.find(oldGtid);
            if (old != null && old.orchestrator == orchestrator) {
                old.withoutParams();
                place(old);
            }
        }
        EdfTask task = params.gtid() > 0 ? tasks.find(params.gtid()) : null;
        if (task != null && task.orchestrator == orchestrator) {
            apply(task, orchestrator, params);
        }
    }

    private void apply(EdfTask task, Orchestrator orchestrator, SchedParams params) {
        long nowNs = agent().now();
        WorkClassStats classes = task.stats;
        boolean hadWork = task.hasWork;
        if (task.hasParams && hadWork && classes != null) {
            chargeRunning(task, nowNs);
            classes.done(task.workClass, task.elapsedNs, nowNs > task.deadlineNs);
            task.elapsedNs = 0;
        }
        task.read(params);
        if (classes != null && !task.isRestored) {
            task.estimatedNs = classes.estimateNs(task.workClass);
        }
        if (!params.repeating()) {
            task.deadlineNs = params.deadlineNs();
        } else if (!task.isRestored) {
            task.deadlineNs = nowNs + params.periodNs();
        }
        task.isRestored = false;
        task.mustLeave = hadWork && !task.hasWork;
        if (params.repeating() && !task.hasWork) {
            orchestrator.makeEngineRunnable(params);
            task.hasWork = true;
        }
        task.updateSchedDeadline();
        memory.keep(task);
        place(task);
    }

    /** Brings a task to where it belongs now. */
    private void place(EdfTask task) {
        mustLook |= task.mustLeave;
        if (task.state() == Task.State.QUEUED) {
            if (!task.hasWork) {
                heap.remove(task);
            } else if (heap.contains(task)) {
                heap.update(task);
            } else {
                heap.add(task);
            }
        }
    }

    // ---- the pass

    @Override
    public final void lead(Agent agent) {
        super.lead(agent);
        orchestrators.lead();
    }

    @Override
    protected final void beforePass() {
        isTableRead = orchestrators.refresh();
    }

    /** Takes tasks off their CPUs that have no work any more, unless others have just been put there. */
    @Override
    protected final void afterDecisions() {
        if (!mustLook) {
            return;
        }
        mustLook = false;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            EdfTask task = running(cpu);
            if (task != null && task.mustLeave) {
                unschedule(cpu);
            }
        }
    }

    @Override
    public final void committed(int cpu, long gtid, TransactionState state) {
        super.committed(cpu, gtid, state);
        EdfTask task = running(cpu);
        if (gtid == Gtid.NULL && state == TransactionState.COMPLETE && task != null) {
            task.mustLeave = false;
        }
        mustLook |= state != TransactionState.COMPLETE;
    }

    @Override
    protected final long wakeAtNs() {
        if (!isTableRead) {
            return AGAIN;
        }
        // Nobody sends a message when a table changes. It does not matter as long as no task could run.
        boolean canChange = orchestrators.size() > 0 && (waiting > 0 || hasDecided() || nextOccupied(0) >= 0);
        return canChange ? nowNs() + tablePeriodNs : UNTIL_MESSAGE;
    }

    @Override
    public void dump(StringBuilder out) {
        super.dump(out);
        orchestrators.dump(out);
    }
}
