package org.ghosthost.agent.priotable;

import java.util.function.Supplier;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.TransactionState;

/**
 * Skeleton of a policy with one global agent whose tasks say by a PrioTable what they are about to do: whether there is
 * work, of which QoS. A task without work waits outside of the queue of the subclass, or is taken off its CPU. One
 * about which nobody says anything has work. A whole policy is that queue ({@link #queue}, {@link #unqueue},
 * {@link #first}), and which running task gives way ({@link #victim}).
 */
public abstract class PrioTablePolicy<T extends PrioTask> extends GlobalPolicy<T> implements SchedParamsListener {
    private final Orchestrators orchestrators;
    private final long tablePeriodNs;
    private int waiting;
    private boolean isTableRead;
    private boolean mustLook;

    /**
     * A policy without tasks.
     *
     * @param maker makes the object of a task, as in {@code MyTask::new}
     * @param tablePeriodNs time between two looks at the tables when no message comes
     */
    @SuppressWarnings("this-escape") // the listener is called in a pass at the earliest
    protected PrioTablePolicy(PolicyContext context, Supplier<? extends T> maker, long tablePeriodNs) {
        super(context, maker);
        orchestrators = new Orchestrators(this);
        this.tablePeriodNs = tablePeriodNs;
    }

    // ---- what an author says

    /** A task that has work waits for a CPU: put it into the queue. */
    protected abstract void queue(T task);

    /** Takes a task out of the queue, if it is there. */
    protected abstract void unqueue(T task);

    /** Whether the task is in the queue. */
    protected abstract boolean isQueued(T task);

    /** What decides its place has changed while it is in the queue. */
    protected abstract void requeue(T task);

    /** A task is in the enclave; what its table says is told next. */
    protected void arrived(T task) {}

    /** A task is gone; it is in no queue any more. */
    protected void gone(T task) {}

    /** The application says something new of a task; what it said before still stands in the task. */
    protected void paramsEnd(T task) {}

    /**
     * What the application says stands in the task now.
     *
     * @param hadWork whether the task had work before
     */
    protected void paramsBegin(T task, Orchestrator orchestrator, SchedParams params, boolean hadWork) {}

    // ---- what an author may ask

    /** Gives a repeating task its next piece of work; the table says so, too. */
    protected final void giveWork(T task) {
        Orchestrator orchestrator = task.orchestrator;
        SchedParams params = orchestrator == null ? null : orchestrator.paramsOf(task.gtid());
        if (orchestrator != null && params != null && params.repeating() && !params.hasWork()) {
            orchestrator.makeEngineRunnable(params);
            task.hasWork = true;
            place(task);
        }
    }

    // ---- the queue

    @Override
    protected final void enqueue(T task) {
        if (!hasLed() && task.orchestrator != null) {
            // A follower makes no passes, in which it could look.
            task.orchestrator.refresh(this);
        }
        waiting++;
        task.mustLeave = false;
        if (task.hasWork && !isQueued(task)) {
            queue(task);
        }
    }

    @Override
    protected final void dequeue(T task) {
        waiting--;
        unqueue(task);
    }

    @Override
    protected final void boosted(T task) {
        if (isQueued(task)) {
            requeue(task);
        }
    }

    // ---- tasks

    @Override
    protected final void added(T task) {
        arrived(task);
        int tgid = context.statusWords().tgid(task.statusWord());
        Orchestrator orchestrator = tgid > 0 ? orchestrators.taskAdded(agent(), tgid) : null;
        if (orchestrator != null) {
            task.orchestrator = orchestrator;
            orchestrator.refresh(this);
            SchedParams params = orchestrator.paramsOf(task.gtid());
            if (params != null && !task.hasParams) {
                apply(task, orchestrator, params);
            }
        }
    }

    @Override
    protected final void removed(T task) {
        if (task.orchestrator != null) {
            orchestrators.taskRemoved(task.orchestrator);
        }
        gone(task);
    }

    // ---- what the applications say

    @Override
    public final void paramsChanged(Orchestrator orchestrator, SchedParams params, long oldGtid) {
        if (oldGtid > 0 && oldGtid != params.gtid() && orchestrator.paramsOf(oldGtid) == null) {
            T old = tasks.find(oldGtid);
            if (old != null && old.orchestrator == orchestrator) {
                old.forgetParams();
                place(old);
            }
        }
        T task = params.gtid() > 0 ? tasks.find(params.gtid()) : null;
        if (task != null && task.orchestrator == orchestrator) {
            apply(task, orchestrator, params);
        }
    }

    private void apply(T task, Orchestrator orchestrator, SchedParams params) {
        boolean hadWork = task.hasWork;
        paramsEnd(task);
        task.read(params);
        task.mustLeave = hadWork && !task.hasWork;
        paramsBegin(task, orchestrator, params, hadWork);
        place(task);
    }

    /** Brings a task to where it belongs now. */
    private void place(T task) {
        mustLook |= task.mustLeave;
        if (task.state() == Task.State.QUEUED) {
            if (!task.hasWork) {
                unqueue(task);
            } else if (isQueued(task)) {
                requeue(task);
            } else {
                queue(task);
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
    protected void beforePass() {
        isTableRead = orchestrators.refresh();
    }

    /** Takes tasks off their CPUs that have no work any more, unless others have just been put there. */
    @Override
    protected void afterDecisions() {
        if (!mustLook) {
            return;
        }
        mustLook = false;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            T task = running(cpu);
            if (task != null && task.mustLeave) {
                unschedule(cpu);
            }
        }
    }

    @Override
    public void committed(int cpu, long gtid, TransactionState state) {
        super.committed(cpu, gtid, state);
        T task = running(cpu);
        if (gtid == Gtid.NULL && state == TransactionState.COMPLETE && task != null) {
            task.mustLeave = false;
        }
        mustLook |= state != TransactionState.COMPLETE;
    }

    @Override
    protected long wakeAtNs() {
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
