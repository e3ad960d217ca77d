package org.ghosthost.agent;

import java.util.function.Supplier;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * What the two skeletons share: the tasks, and what each message makes of them. Every message is accepted in every
 * state: what ought not to happen (a wake-up of a task that runs) means that something was missed, and the message
 * says how things are now.
 */
abstract class TaskPolicy<T extends Task> implements Policy {
    /** What the policy was made with. */
    protected final PolicyContext context;
    /** The tasks of the enclave, as far as this policy has seen them. */
    protected final TaskMap<T> tasks;

    final StatusWords statusWords;
    final FifoQueue<T> yielding;
    final FifoQueue<T> settling;
    final Backoff settled = new Backoff();
    long nowNs;
    boolean hasLed;

    @SuppressWarnings("NullAway.Init") // set by attached(), which precedes every other call
    Agent agent;

    TaskPolicy(PolicyContext context, Supplier<? extends T> maker) {
        this.context = context;
        statusWords = context.statusWords();
        tasks = new TaskMap<>(context.maxTasks(), maker);
        yielding = new FifoQueue<>(tasks);
        settling = new FifoQueue<>(tasks);
    }

    // ---- what an author says

    /** A task waits for a CPU: put it into the queue. {@link Task#boosted()} ones go first, where that has a sense. */
    protected abstract void enqueue(T task);

    /** A task that was given to {@link #enqueue} gets a CPU, or does not wait any more: take it out of the queue. */
    protected abstract void dequeue(T task);

    /** The task in the queue that is to run first, and stays in the queue; null if there is none. */
    protected abstract @Nullable T first();

    /** A task is in the enclave; called once in its life, before it is enqueued. */
    protected void added(T task) {}

    /** A task is gone; it is in no queue any more. */
    protected void removed(T task) {}

    /** A task has left its CPU, or been seen again, after it had used the CPU for {@code ranNs}. */
    protected void ran(T task, long ranNs) {}

    /** A task became {@link Task#boosted()} while it was in the queue, and may keep its place or move. */
    protected void boosted(T task) {}

    /** A task was chosen in vain and goes back to the queue; at first it goes before the others. */
    protected void putBack(T task) {
        task.boosted = true;
        enqueue(task);
    }

    /** Called at the beginning of each pass, after the messages. */
    protected void beforePass() {}

    /** When {@link #schedule} must be called again even if no message comes, ns; asked at the end of each pass. */
    protected long wakeAtNs() {
        return UNTIL_MESSAGE;
    }

    /** The agent; before the policy leads it only answers questions. */
    protected final Agent agent() {
        return agent;
    }

    /** Whether the policy has the lead, or had it once. */
    protected final boolean hasLed() {
        return hasLed;
    }

    /** Time of the current pass, or of the last one, ns. */
    protected final long nowNs() {
        return nowNs;
    }

    // ---- what a model says

    /** The task is on a CPU, or latched to it. */
    abstract void occupy(T task, int cpu);

    /** The task is on no CPU any more, and no decision for it is open. */
    abstract void vacate(T task);

    /** The task handed its CPU over to others. */
    abstract void chainBegan(int cpu);

    /** Those to whom {@code cpu} was handed have left it. */
    abstract void chainEnded(int cpu);

    /** The decision that this policy took for {@code cpu} has an outcome: its task, or null if it took none for it. */
    abstract @Nullable T close(int cpu, long gtid);

    /** A decision of this policy failed; {@code mayLast} if the reason lies with the CPU and may go on. */
    abstract void failedOn(int cpu, boolean mayLast);

    // ---- life of a policy

    @Override
    public void attached(Agent agent) {
        this.agent = agent;
    }

    /** May come more than once: a policy that has lost the lead follows, and may get it back. */
    @Override
    public void lead(Agent agent) {
        this.agent = agent;
        hasLed = true;
        nowNs = agent.now();
    }

    /** The outcome of this decision will not be told: the lead was lost before. */
    final void abandon(T task) {
        task.state = Task.BLOCKED;
        settle(task);
    }

    /** Forgets the tasks of which nothing said that they went. */
    @Override
    public void discoveryComplete() {
        for (int i = 0; i < tasks.limit(); i++) {
            T task = tasks.at(i);
            if (task != null && !isPresent(task)) {
                forget(task);
            }
        }
    }

    private boolean isPresent(T task) {
        return statusWords.isTask(task.statusWord) && statusWords.gtid(task.statusWord) == task.gtid;
    }

    // ---- messages

    @Override
    public void taskNew(Message message) {
        T task = tasks.at(message.statusWord());
        if (task != null && task.gtid != message.gtid()) {
            forget(task);
            task = null;
        }
        if (task == null) {
            task = tasks.add(message.gtid(), message.statusWord(), message.seqnum());
            task.runtimeNs = message.runtimeNs();
            added(task);
        } else {
            int news = message.seqnum() - task.seqnum;
            if (news < 0 || (news == 0 && task.state != Task.BLOCKED)) {
                return;
            }
            task.seqnum = message.seqnum();
            charge(task, message);
        }
        show(task, message.runnable(), message.onCpu(), message.cpu());
    }

    /** Makes the task's state what the kernel side says of it. */
    final void show(T task, boolean runnable, boolean onCpu, int cpu) {
        if (onCpu) {
            detach(task);
            occupy(task, cpu);
            settle(task);
        } else if (!runnable) {
            detach(task);
        } else if (task.state != Task.QUEUED && task.state != Task.YIELDING) {
            makeReady(task);
        }
    }

    @Override
    public void taskWakeup(Message message) {
        T task = tasks.advance(message);
        if (task != null && task.state != Task.QUEUED && task.state != Task.YIELDING) {
            task.boosted = !message.deferrable();
            makeReady(task);
        }
    }

    @Override
    public void taskBlocked(Message message) {
        endChain(message);
        T task = tasks.advance(message);
        if (task != null) {
            charge(task, message);
            detach(task);
        }
    }

    @Override
    public void taskPreempted(Message message) {
        endChain(message);
        T task = tasks.advance(message);
        if (task == null) {
            return;
        }
        charge(task, message);
        task.boosted = true;
        if (task.state == Task.QUEUED) {
            boosted(task);
        } else if (task.state != Task.YIELDING) {
            makeReady(task);
        }
    }

    @Override
    public void taskYield(Message message) {
        endChain(message);
        T task = tasks.advance(message);
        if (task == null) {
            return;
        }
        charge(task, message);
        if (task.state != Task.QUEUED && task.state != Task.YIELDING) {
            detach(task);
            task.state = Task.YIELDING;
            yielding.addLast(task);
        }
    }

    @Override
    public void taskSwitchto(Message message) {
        T task = tasks.advance(message);
        if (task != null) {
            charge(task, message);
            detach(task);
        }
        chainBegan(message.cpu());
    }

    @Override
    public void taskDeparted(Message message) {
        endChain(message);
        gone(message);
    }

    @Override
    public void taskDead(Message message) {
        gone(message);
    }

    @Override
    public void taskOnCpu(Message message) {
        T task = tasks.advance(message);
        if (task != null && (task.state != Task.ON_CPU || task.cpu != message.cpu())) {
            run(task, message.cpu());
        }
    }

    @Override
    public void taskLatchFailure(Message message) {
        T task = tasks.advance(message);
        if (task != null && (task.state == Task.ON_CPU || task.state == Task.OPENED)) {
            detach(task);
            task.state = Task.QUEUED;
            putBack(task);
        }
    }

    @Override
    public void taskAffinityChanged(Message message) {
        T task = tasks.advance(message);
        if (task != null) {
            task.affinityUnknown = true;
        }
    }

    @Override
    public void taskPriorityChanged(Message message) {
        tasks.advance(message);
    }

    private void endChain(Message message) {
        if (message.fromSwitchto()) {
            chainEnded(message.cpu());
        }
    }

    private void gone(Message message) {
        T task = tasks.advance(message);
        if (task != null) {
            forget(task);
        }
    }

    private void charge(T task, Message message) {
        long ranNs = message.runtimeNs() - task.runtimeNs;
        if (ranNs > 0) {
            task.runtimeNs += ranNs;
            ran(task, ranNs);
        }
    }

    final void forget(T task) {
        detach(task);
        removed(task);
        tasks.remove(task);
    }

    // ---- where a task is

    /** Takes the task out of wherever it is; it is BLOCKED then. */
    final void detach(T task) {
        switch (task.state) {
            case Task.BLOCKED -> { }
            case Task.QUEUED -> dequeue(task);
            case Task.YIELDING -> yielding.remove(task);
            case Task.SETTLING -> {
                settling.remove(task);
                vacate(task);
            }
            default -> vacate(task);
        }
        task.state = Task.BLOCKED;
    }

    private void makeReady(T task) {
        detach(task);
        task.state = Task.QUEUED;
        enqueue(task);
    }

    private void run(T task, int cpu) {
        detach(task);
        task.state = Task.ON_CPU;
        task.boosted = false;
        occupy(task, cpu);
    }

    /** Yielders wait again, behind all who waited before. */
    final void endYield() {
        for (T task = yielding.pollFirst(); task != null; task = yielding.pollFirst()) {
            task.state = Task.QUEUED;
            task.boosted = false;
            enqueue(task);
        }
    }

    // ---- tasks with which the kernel side is not done

    final void settle(T task) {
        task.state = Task.SETTLING;
        settling.addLast(task);
        settled.failedFirst(nowNs);
    }

    /** Whether a decision for the waiting task can succeed; if not it leaves the queue until it can. */
    final boolean isSettled(T task) {
        if (isOff(task)) {
            return true;
        }
        dequeue(task);
        settle(task);
        return false;
    }

    /** Whether the task is off the CPUs, and everything that was said of it has been seen. */
    private boolean isOff(T task) {
        long word = statusWords.barrierAndFlags(task.statusWord);
        return (int) word == task.seqnum && (word >>> Integer.SIZE & StatusWordLayout.FLAG_ON_CPU) == 0;
    }

    /** Starts a pass: takes its time, and lets those wait again with which the kernel side is done. */
    final void beginPass(Agent agent) {
        this.agent = agent;
        nowNs = agent.now();
        beforePass();
        if (settled.isDue(nowNs)) {
            checkSettling();
        }
    }

    private void checkSettling() {
        T next;
        for (T task = settling.first(); task != null; task = next) {
            next = settling.next(task);
            if (isOff(task)) {
                detach(task);
                task.state = Task.QUEUED;
                putBack(task);
            }
        }
        if (settling.isEmpty()) {
            settled.end();
        } else {
            settled.failed(nowNs);
        }
    }

    // ---- outcomes

    @Override
    public void committed(int cpu, long gtid, TransactionState state) {
        T mine = close(cpu, gtid);
        if (mine != null) {
            if (state == TransactionState.COMPLETE) {
                mine.state = Task.ON_CPU;
                mine.boosted = false;
                occupy(mine, cpu);
            } else {
                mine.state = Task.BLOCKED;
                failedOn(cpu, isOfCpu(state));
                failed(mine, state);
            }
        } else if (gtid > 0 && state == TransactionState.COMPLETE) {
            T task = tasks.find(gtid);
            if (task != null && (task.state != Task.ON_CPU || task.cpu != cpu)) {
                run(task, cpu);
            }
        }
    }

    private static boolean isOfCpu(TransactionState state) {
        return switch (state) {
            case CPU_UNAVAIL, CPU_OFFLINE, NO_AGENT, INVALID_FLAGS, NOT_PERMITTED, UNSUPPORTED_VERSION -> true;
            default -> false;
        };
    }

    private void failed(T task, TransactionState state) {
        switch (state) {
            // A message will say when it can run, or that it is gone.
            case TARGET_NOT_FOUND, TARGET_NOT_RUNNABLE, INVALID_TARGET -> { }
            case TARGET_ONCPU, TARGET_STALE -> settle(task);
            default -> {
                task.affinityUnknown |= state == TransactionState.INVALID_CPU;
                task.state = Task.QUEUED;
                putBack(task);
            }
        }
    }

    // ---- allowed CPUs

    /** The CPUs that a task is restricted to; null if nothing restricts it, as far as is known. */
    final @Nullable CpuSet affinity(T task) {
        if (task.affinityUnknown) {
            task.affinityUnknown = false;
            CpuSet cpus = task.affinitySet;
            if (cpus == null) {
                cpus = new CpuSet();
                task.affinitySet = cpus;
            }
            task.affinity = agent.affinity(task.gtid, cpus) ? cpus : null;
        }
        return task.affinity;
    }

    // ---- for people

    @Override
    public void dump(StringBuilder out) {
        for (int i = 0; i < tasks.limit(); i++) {
            T task = tasks.at(i);
            if (task != null) {
                out.append(task).append('\n');
            }
        }
    }
}
