package org.ghosthost.agent;

import java.util.function.Supplier;
import org.ghosthost.agent.Task.State;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Skeleton of a policy with one global agent: it knows which task is where, and fills free CPUs with the tasks that
 * the queue of its subclass gives out. A whole policy is that queue: {@link #enqueue}, {@link #dequeue} and
 * {@link #first}.
 *
 * <p>A pass first runs waiting tasks on free CPUs, then lets them replace running ones as long as {@link #victim}
 * names a CPU. A replaced task waits again when the kernel side says that it lost its CPU, not before.
 *
 * <p>The CPU of the global agent itself is left to the agent, unless it is the only one. When tasks of other classes
 * want that CPU, the agent moves to another.
 */
@SuppressWarnings("ReferenceEquality") // a task is equal to itself only; the set of CPUs is replaced when it changes
public abstract class GlobalPolicy<T extends Task> extends TaskPolicy<T> {
    /** Result of {@link #victim}: no task is to be replaced. */
    protected static final int NO_CPU = CpuSet.NO_CPU;

    /** How long a free CPU that other classes have is not looked at, if nothing else happens. */
    private static final long AVAILABILITY_CHECK_NS = 100_000;
    /** Most tasks that a pass lays aside before it lets the loop go on. */
    private static final int MAX_ASIDE = 64;

    private final Handover handover;
    private final @Nullable Task[] current = new Task[CpuSet.MAX_CPUS];
    private final @Nullable Task[] opened = new Task[CpuSet.MAX_CPUS];
    private final long[] sinceNs = new long[CpuSet.MAX_CPUS];
    private final CpuSet free = new CpuSet();
    private final CpuSet chained = new CpuSet();
    private final CpuSet refused = new CpuSet();
    private final Backoff accepted = new Backoff();
    private final FifoQueue<T> aside = new FifoQueue<>();
    private CpuSet cpus;
    private int freeCount;
    private int agentCpu = NO_CPU;
    private int startCpu = NO_CPU;

    /**
     * A policy without tasks.
     *
     * @param maker makes the object of a task, as in {@code Task::new}
     */
    protected GlobalPolicy(PolicyContext context, Supplier<? extends T> maker) {
        super(context, maker);
        cpus = context.cpus();
        handover = new Handover(context.topology());
        cpus.forEach(this::release);
    }

    // ---- what an author may say

    /**
     * Names the CPU whose running task gives way to {@code challenger}, which is {@link #first()} and found no free
     * CPU. Only CPUs given by {@link #nextOccupied} may be named.
     *
     * @return {@link #NO_CPU} if it has to wait, as always in a policy that does not preempt
     */
    protected int victim(T challenger) {
        return NO_CPU;
    }

    /** Called at the end of each pass that decides: the place to {@link #unschedule}. */
    protected void afterDecisions() {}

    // ---- what an author may ask

    /**
     * Lets the global agent begin on {@code cpu}, wherever it is when the policy gets the lead; -1 = where it is.
     *
     * @throws IllegalArgumentException if the CPU is not of the enclave
     */
    protected final void startOn(int cpu) {
        if (cpu != NO_CPU && !cpus.contains(cpu)) {
            throw new IllegalArgumentException("CPU " + cpu + " is not of the enclave: " + cpus);
        }
        startCpu = cpu;
    }

    /** The lowest CPU from {@code from} on whose task may be replaced now; {@link #NO_CPU} if there is none. */
    protected final int nextOccupied(int from) {
        int cpu = cpus.next(from);
        while (cpu >= 0 && (cpu == agentCpu || free.contains(cpu) || opened[cpu] != null || !isUsable(cpu))) {
            cpu = cpus.next(cpu + 1);
        }
        return cpu;
    }

    /** The task that runs on {@code cpu}, or is latched to; null if there is none, or an unknown one (switchto). */
    @SuppressWarnings("unchecked") // only a T is ever stored
    protected final @Nullable T running(int cpu) {
        return (T) current[cpu];
    }

    /** When the task on {@code cpu} was decided, ns. */
    protected final long sinceNs(int cpu) {
        return sinceNs[cpu];
    }

    /** Takes the task on {@code cpu}, one given by {@link #nextOccupied}, off it without giving it another one. */
    protected final void unschedule(int cpu) {
        agent.unschedule(cpu);
    }

    // ---- the pass

    @Override
    public void lead(Agent agent) {
        super.lead(agent);
        handover.reset();
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            T task = opened(cpu);
            if (task != null) {
                opened[cpu] = null;
                release(cpu);
                abandon(task);
            }
        }
    }

    @Override
    public long schedule(Agent agent) {
        beginPass(agent);
        followCpus(agent);
        if (moves(agent)) {
            return AGAIN;
        }
        if (accepted.isDue(nowNs)) {
            refused.clear();
            accepted.end();
        }
        decide();
        if (!yielding.isEmpty()) {
            endYield();
            decide();
        }
        afterDecisions();
        return waitUntilNs();
    }

    /** Whether the agent leaves its CPU, which ends the pass. */
    private boolean moves(Agent agent) {
        int target = startCpu;
        startCpu = NO_CPU;
        if (target < 0 && agent.boosted()) {
            target = handover.target(agent, cpus);
        }
        if (target >= 0 && target != agentCpu) {
            agent.moveGlobalTo(target);
            return true;
        }
        handover.passed();
        return false;
    }

    /** Enclaves grow and shrink, and the agent moves. */
    private void followCpus(Agent agent) {
        if (agent.cpu() == agentCpu && agent.cpus() == cpus) {
            return;
        }
        agentCpu = agent.cpu();
        cpus = agent.cpus();
        free.clear();
        freeCount = 0;
        cpus.forEach(this::release);
    }

    private void decide() {
        T task = first();
        while (task != null && aside.size() < MAX_ASIDE) {
            if (isSettled(task)) {
                int cpu = place(task);
                if (cpu >= 0) {
                    open(task, cpu);
                } else if (task.affinity == null) {
                    break;
                } else {
                    dequeue(task);
                    aside.addLast(task);
                }
            }
            task = first();
        }
        for (task = aside.pollLast(); task != null; task = aside.pollLast()) {
            putBack(task);
        }
    }

    /** A CPU for the task: where it was last, if that is free; any other free one; one whose task gives way. */
    private int place(T task) {
        CpuSet allowed = affinity(task);
        int last = task.cpu;
        if (last >= 0 && free.contains(last) && isUsable(last) && (allowed == null || allowed.contains(last))) {
            return last;
        }
        for (int cpu = freeCount == 0 ? NO_CPU : free.first(); cpu >= 0; cpu = free.next(cpu + 1)) {
            if (isUsable(cpu) && (allowed == null || allowed.contains(cpu))) {
                return cpu;
            }
        }
        int cpu = victim(task);
        return cpu >= 0 && (allowed == null || allowed.contains(cpu)) ? cpu : NO_CPU;
    }

    private boolean isUsable(int cpu) {
        return !refused.contains(cpu) && !agent.pending(cpu) && agent.available(cpu);
    }

    private void open(T task, int cpu) {
        dequeue(task);
        task.state = State.OPENED;
        task.cpu = cpu;
        opened[cpu] = task;
        take(cpu);
        agent.run(cpu, task.gtid, task.seqnum);
    }

    private long waitUntilNs() {
        long untilNs = Math.min(wakeAtNs(), Math.min(settled.untilNs(), accepted.untilNs()));
        if (freeCount > 0 && first() != null) {
            // Somebody waits though a CPU is free: other classes have it, and may leave it without a message.
            untilNs = Math.min(untilNs, nowNs + AVAILABILITY_CHECK_NS);
        }
        return untilNs;
    }

    // ---- which CPU has what

    @Override
    final void occupy(T task, int cpu) {
        task.cpu = cpu;
        if (cpu >= 0 && cpu < CpuSet.MAX_CPUS) {
            current[cpu] = task;
            sinceNs[cpu] = agent.now();
            chained.remove(cpu);
            take(cpu);
        }
    }

    @Override
    final void vacate(T task) {
        int cpu = task.cpu;
        if (cpu < 0 || cpu >= CpuSet.MAX_CPUS) {
            return;
        }
        if (opened[cpu] == task) {
            opened[cpu] = null;
        }
        if (current[cpu] == task) {
            current[cpu] = null;
        }
        release(cpu);
    }

    private void take(int cpu) {
        if (free.contains(cpu)) {
            free.remove(cpu);
            freeCount--;
        }
    }

    private void release(int cpu) {
        if (current[cpu] == null && opened[cpu] == null && !free.contains(cpu) && !chained.contains(cpu)
                && cpus.contains(cpu) && (cpu != agentCpu || cpus.size() == 1)) {
            free.add(cpu);
            freeCount++;
        }
    }

    @Override
    final void chainBegan(int cpu) {
        chained.add(cpu);
        take(cpu);
    }

    @Override
    final void chainEnded(int cpu) {
        chained.remove(cpu);
        release(cpu);
    }

    @SuppressWarnings("unchecked") // only a T is ever stored
    private @Nullable T opened(int cpu) {
        return (T) opened[cpu];
    }

    @Override
    final @Nullable T close(int cpu, long gtid) {
        T task = opened(cpu);
        if (task == null || task.gtid != gtid) {
            return null;
        }
        opened[cpu] = null;
        release(cpu);
        return task;
    }

    @Override
    final void refused(int cpu) {
        accepted.failed(nowNs);
        refused.add(cpu);
    }

    /** A chain whose end was missed would keep its CPU for ever. */
    @Override
    public void discoveryComplete() {
        super.discoveryComplete();
        while (!chained.isEmpty()) {
            chainEnded(chained.first());
        }
    }

    @Override
    public void dump(StringBuilder out) {
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            Task task = current[cpu];
            out.append("cpu ").append(cpu).append(": ");
            out.append(cpu == agentCpu ? "global agent" : task != null ? Gtid.toString(task.gtid)
                    : chained.contains(cpu) ? "switchto chain" : "free").append('\n');
        }
        super.dump(out);
    }
}
