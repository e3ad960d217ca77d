package org.ghosthost.agent;

import java.util.function.Supplier;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.TransactionFlags;
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
@SuppressWarnings("ReferenceEquality") // the set of CPUs is replaced when it changes
public abstract class GlobalPolicy<T extends Task> extends TaskPolicy<T> {
    /** Name of the key of the CPU on which the global agent starts. */
    public static final String GLOBAL_CPU = "global_cpu";

    /** Result of {@link #victim}: no task is to be replaced. */
    protected static final int NO_CPU = CpuSet.NO_CPU;

    /** How long a free CPU that other classes have is not looked at, if nothing else happens. */
    private static final long AVAILABILITY_CHECK_NS = 100_000;
    /** Most tasks that a pass lays aside before it lets the loop go on. */
    private static final int MAX_ASIDE = 64;

    private final Handover handover;
    private final CpuSlot[] slots;
    // A bit for each CPU that waits for a task.
    private final long[] free = new long[CpuSet.WORDS];
    private final Backoff accepted = new Backoff();
    private final FifoQueue<T> aside;
    private CpuSet cpus;
    private int freeCount;
    private int agentCpu = NO_CPU;
    private int startCpu = NO_CPU;
    private boolean hasDecided;

    /**
     * A policy without tasks.
     *
     * @param maker makes the object of a task, as in {@code Task::new}
     */
    protected GlobalPolicy(PolicyContext context, Supplier<? extends T> maker) {
        super(context, maker);
        cpus = context.cpus();
        handover = new Handover(context.topology());
        slots = slots(context.topology().cpuCount());
        aside = new FifoQueue<>(tasks);
        chooseCpus();
    }

    private static CpuSlot[] slots(int count) {
        CpuSlot[] made = new CpuSlot[count];
        for (int cpu = 0; cpu < count; cpu++) {
            made[cpu] = new CpuSlot(cpu);
        }
        return made;
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

    /** Whether {@code task} may be given {@code cpu} now, besides what its affinity says. */
    protected boolean mayUse(T task, int cpu) {
        return true;
    }

    /** Run and commit flags of the decision to run {@code task}. */
    protected int runFlags(T task) {
        return TransactionFlags.COMMIT_AT_TXN_COMMIT;
    }

    /**
     * Names a free CPU for a task whose last CPU is not free, out of those for which {@link #isFree} holds.
     *
     * @param last the CPU where it was last; -1 if there is none
     * @return {@link #NO_CPU} for the lowest that the task may use
     */
    protected int preferredCpu(T task, int last) {
        return NO_CPU;
    }

    /** Called at the end of each pass that decides: the place to {@link #unschedule}. */
    protected void afterDecisions() {}

    // ---- what an author may ask

    /** The key of the CPU on which the global agent starts; see {@link #startAsConfigured}. */
    public static ConfigKey globalCpuKey() {
        return ConfigKey.integer(GLOBAL_CPU, NO_CPU, NO_CPU, CpuSet.MAX_CPUS - 1,
                "CPU on which the global agent starts; -1 = the first of the enclave");
    }

    /** {@link #startOn} what the key {@link #GLOBAL_CPU} says. */
    protected final void startAsConfigured() {
        startOn((int) context.configuration().integer(GLOBAL_CPU));
    }

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

    /** Whether {@code cpu} waits for a task and can be given one now. */
    protected final boolean isFree(int cpu) {
        return slots[cpu].is(CpuSlot.FREE) && isUsable(slots[cpu]);
    }

    /** The lowest CPU from {@code from} on whose task may be replaced now; {@link #NO_CPU} if there is none. */
    protected final int nextOccupied(int from) {
        for (int cpu = cpus.next(from); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            CpuSlot slot = slots[cpu];
            if (slot.is(CpuSlot.MEMBER) && !slot.is(CpuSlot.FREE) && slot.opened == CpuSlot.NONE && isUsable(slot)) {
                return cpu;
            }
        }
        return NO_CPU;
    }

    /** Whether the present pass has taken a decision; its outcome is not known yet when {@link #wakeAtNs} is asked. */
    protected final boolean hasDecided() {
        return hasDecided;
    }

    /** The task that runs on {@code cpu}, or is latched to; null if there is none, or an unknown one (switchto). */
    protected final @Nullable T running(int cpu) {
        int current = slots[cpu].current;
        return current == CpuSlot.NONE ? null : tasks.get(current);
    }

    /** When the task on {@code cpu} was decided, ns. */
    protected final long sinceNs(int cpu) {
        return slots[cpu].sinceNs;
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
        for (CpuSlot slot : slots) {
            if (slot.opened != CpuSlot.NONE) {
                T task = tasks.get(slot.opened);
                slot.opened = CpuSlot.NONE;
                release(slot);
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
            endRefusals();
        }
        hasDecided = false;
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
        if (agent.cpu() != agentCpu || agent.cpus() != cpus) {
            agentCpu = agent.cpu();
            cpus = agent.cpus();
            chooseCpus();
        }
    }

    private void chooseCpus() {
        for (CpuSlot slot : slots) {
            take(slot);
            slot.set(CpuSlot.MEMBER, cpus.contains(slot.cpu) && (slot.cpu != agentCpu || cpus.size() == 1));
            release(slot);
        }
    }

    private void endRefusals() {
        for (CpuSlot slot : slots) {
            slot.set(CpuSlot.REFUSED, false);
        }
        accepted.end();
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
        if (last >= 0 && isFree(last) && (allowed == null || allowed.contains(last)) && mayUse(task, last)) {
            return last;
        }
        int cpu = freeCount == 0 ? NO_CPU : freeFor(task, last, allowed);
        if (cpu == NO_CPU) {
            cpu = victim(task);
        }
        return cpu >= 0 && (allowed == null || allowed.contains(cpu)) ? cpu : NO_CPU;
    }

    private int freeFor(T task, int last, @Nullable CpuSet allowed) {
        int preferred = preferredCpu(task, last);
        return preferred >= 0 && (allowed == null || allowed.contains(preferred)) ? preferred
                : firstUsable(task, allowed);
    }

    private int firstUsable(T task, @Nullable CpuSet allowed) {
        for (int word = 0; word < free.length; word++) {
            for (long left = free[word]; left != 0; left &= left - 1) {
                int cpu = word * Long.SIZE + Long.numberOfTrailingZeros(left);
                if (isUsable(slots[cpu]) && (allowed == null || allowed.contains(cpu)) && mayUse(task, cpu)) {
                    return cpu;
                }
            }
        }
        return NO_CPU;
    }

    private boolean isUsable(CpuSlot slot) {
        return !slot.is(CpuSlot.REFUSED) && !agent.pending(slot.cpu) && agent.available(slot.cpu);
    }

    private void open(T task, int cpu) {
        dequeue(task);
        task.state = Task.OPENED;
        task.cpu = cpu;
        CpuSlot slot = slots[cpu];
        slot.opened = task.statusWord;
        take(slot);
        hasDecided = true;
        agent.run(cpu, task.gtid, task.seqnum, runFlags(task));
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
        if (cpu >= 0 && cpu < slots.length) {
            task.cpu = cpu;
            CpuSlot slot = slots[cpu];
            slot.current = task.statusWord;
            slot.sinceNs = agent.now();
            slot.set(CpuSlot.CHAINED, false);
            take(slot);
        }
    }

    @Override
    final void vacate(T task) {
        if (task.cpu >= 0) {
            CpuSlot slot = slots[task.cpu];
            if (slot.opened == task.statusWord) {
                slot.opened = CpuSlot.NONE;
            }
            if (slot.current == task.statusWord) {
                slot.current = CpuSlot.NONE;
            }
            release(slot);
        }
    }

    private void take(CpuSlot slot) {
        if (slot.is(CpuSlot.FREE)) {
            slot.flags &= ~CpuSlot.FREE;
            free[slot.cpu / Long.SIZE] &= ~(1L << slot.cpu);
            freeCount--;
        }
    }

    private void release(CpuSlot slot) {
        if (slot.isVacant()) {
            slot.flags |= CpuSlot.FREE;
            free[slot.cpu / Long.SIZE] |= 1L << slot.cpu;
            freeCount++;
        }
    }

    @Override
    final void chainBegan(int cpu) {
        slots[cpu].set(CpuSlot.CHAINED, true);
        take(slots[cpu]);
    }

    @Override
    final void chainEnded(int cpu) {
        slots[cpu].set(CpuSlot.CHAINED, false);
        release(slots[cpu]);
    }

    @Override
    final @Nullable T close(int cpu, long gtid) {
        CpuSlot slot = slots[cpu];
        if (slot.opened == CpuSlot.NONE || tasks.get(slot.opened).gtid != gtid) {
            return null;
        }
        T task = tasks.get(slot.opened);
        slot.opened = CpuSlot.NONE;
        return task;
    }

    @Override
    final void failedOn(int cpu, boolean mayLast) {
        CpuSlot slot = slots[cpu];
        if (mayLast) {
            accepted.failed(nowNs);
            slot.set(CpuSlot.REFUSED, true);
        }
        release(slot);
    }

    /** A chain whose end was missed would keep its CPU for ever. */
    @Override
    public void discoveryComplete() {
        super.discoveryComplete();
        for (CpuSlot slot : slots) {
            slot.set(CpuSlot.CHAINED, false);
            release(slot);
        }
    }

    @Override
    public void dump(StringBuilder out) {
        for (CpuSlot slot : slots) {
            if (cpus.contains(slot.cpu)) {
                T task = running(slot.cpu);
                String what = slot.cpu == agentCpu ? "global agent" : task != null ? Gtid.toString(task.gtid)
                        : slot.is(CpuSlot.CHAINED) ? "switchto chain" : "free";
                out.append("cpu ").append(slot.cpu).append(": ").append(what).append('\n');
            }
        }
        super.dump(out);
    }
}
