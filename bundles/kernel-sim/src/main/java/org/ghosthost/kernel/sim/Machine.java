package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskSpec;
import org.jspecify.annotations.Nullable;

/**
 * The machine: its time, its events and its parts. One thread at a time; events are ordered by time and, at the same
 * time, by the order in which they were set.
 */
final class Machine {
    /** Time at the start: not 0, which says "never" in status words. */
    static final long START_NS = 1_000_000_000L;

    private static final int OUTSIDE = -1;
    private static final MachineObserver NOBODY = new MachineObserver() {};
    /** Set in the generation of an agent's gtid: agents are not numbered among the tasks. */
    private static final long AGENT_BIT = 1L << 40;
    private static final long GTID_INDEX = (1L << Gtid.GENERATION_BITS) - 1;

    final MachineConfig config;
    final CostTable costs;
    final Cpu[] cpus;
    long now = START_NS;
    /** Messages and transactions so far. */
    long events;
    MachineObserver observer = NOBODY;
    /** On which CPU the present event happens; {@link #OUTSIDE} = on none. */
    int here = OUTSIDE;
    /** The CPU whose event is being handled. */
    private int inEvent = OUTSIDE;

    final TraceHash hash = new TraceHash();
    final PidTable pids = new PidTable();
    final List<SimEnclave> enclaves = new ArrayList<>();
    final List<String> complaints = new ArrayList<>();

    // ---- events
    private final CpuEvents cpuEvents;
    private final EventQueue taskEvents = new EventQueue();
    private final EventQueue callEvents = new EventQueue();
    private long order;
    final Calls calls = new Calls(this, callEvents);

    // ---- parts
    final CpuScheduler scheduler = new CpuScheduler(this);
    final ForeignClasses foreign = new ForeignClasses(this);
    final GhostClass ghost = new GhostClass(this);
    final MessageProducer messages = new MessageProducer(this);
    final CommitEngine commits = new CommitEngine(this);
    final Agents agents = new Agents(this);
    final AgentTable agentTable = new AgentTable(this);
    final TaskLife life = new TaskLife(this);
    final TaskProperties properties = new TaskProperties(this);
    final SwitchTo switchto = new SwitchTo(this);
    final InKernel inKernel = new InKernel(this);
    final Timers timers = new Timers(this);
    final Watchdog watchdog = new Watchdog(this);
    final PrioTables prioTables = new PrioTables();
    final SyncGroups syncGroups;
    final Ticks ticks;
    final Faults faults;
    final Mischief mischief;
    final LateOutcomes lateOutcomes;

    /** Checks everything; null = does not. */
    final @Nullable Invariants invariants;

    private @Nullable Task[] tasks = new Task[64];
    private final List<@Nullable Task> agentThreads = new ArrayList<>();
    private int taskIds;
    private int live;

    Machine(MachineConfig config) {
        this.config = config;
        costs = config.costs();
        cpus = new Cpu[config.topology().cpuCount()];
        for (int i = 0; i < cpus.length; i++) {
            cpus[i] = new Cpu(i);
        }
        cpuEvents = new CpuEvents(cpus.length);
        syncGroups = new SyncGroups(this);
        ticks = new Ticks(this);
        faults = new Faults(config.faults(), config.seed());
        mischief = new Mischief(this);
        lateOutcomes = new LateOutcomes(this);
        invariants = config.checkInvariants() ? new Invariants(this) : null;
    }

    // ---- time

    /** When the next event is. */
    long nextTime() {
        return Math.min(cpuEvents.headTime(), Math.min(taskEvents.headTime(), callEvents.headTime()));
    }

    /** Does the next event if it is not after {@code untilNs}. */
    boolean step(long untilNs) {
        long cpuTime = cpuEvents.headTime();
        long taskTime = taskEvents.headTime();
        long callTime = callEvents.headTime();
        long time = Math.min(cpuTime, Math.min(taskTime, callTime));
        if (time > untilNs || time == NEVER) {
            return false;
        }
        if (invariants != null) {
            invariants.check(time >= now, "time goes back to %s", time);
        }
        now = time;
        long cpuOrder = cpuTime == time ? cpuEvents.headOrder() : NEVER;
        long taskOrder = taskTime == time ? taskEvents.headOrder() : NEVER;
        long callOrder = callTime == time ? callEvents.headOrder() : NEVER;
        if (cpuOrder < taskOrder && cpuOrder < callOrder) {
            cpuEvent(cpus[cpuEvents.head()]);
        } else if (taskOrder < callOrder) {
            int id = taskEvents.headNode();
            taskEvents.clear(id);
            life.timer(task(id));
        } else {
            calls.fire(callEvents.headNode());
        }
        here = OUTSIDE;
        if (invariants != null) {
            invariants.afterEvent();
        }
        return true;
    }

    private void cpuEvent(Cpu c) {
        here = c.id;
        inEvent = c.id;
        if (c.tickAt <= now) {
            c.tickAt = NEVER;
            ticks.tick(c);
        } else if (c.deadlineAt <= now) {
            c.deadlineAt = NEVER;
            agents.deadline(c);
        } else if (c.agentCurrent && c.phaseAt <= now) {
            agents.phase(c);
        } else if (c.reschedAt <= now) {
            if (c.commitPending) {
                commits.commitGreedy(c);
            }
            scheduler.schedule(c);
        } else {
            taskPhase(c);
        }
        inEvent = OUTSIDE;
        arm(c);
    }

    private void taskPhase(Cpu c) {
        Task t = c.current;
        if (t == null) {
            return;
        }
        charge(c);
        if (now >= t.userFrom && (t.step == Task.STEP_DONE || (t.step == Task.STEP_RUN && t.remaining <= 0))) {
            life.advance(c, t);
        } else if (now >= c.sliceEnd) {
            c.mustResched = true;
            scheduler.schedule(c);
        } else {
            scheduler.setPhase(c, t);
            arm(c);
        }
    }

    /** Brings the run time of what is on the CPU up to date. */
    void charge(Cpu c) {
        Task t = c.current;
        if (t != null) {
            t.runtime += now - t.chargedAt;
            t.chargedAt = now;
            if (now > t.userFrom) {
                if (t.step == Task.STEP_RUN) {
                    t.remaining -= now - t.userFrom;
                }
                t.userFrom = now;
            }
        } else if (c.agentCurrent && c.agent != null) {
            Task thread = c.agent.thread;
            thread.runtime += now - thread.chargedAt;
            thread.chargedAt = now;
        }
    }

    long nextOrder() {
        return order++;
    }

    /** What the CPU waits for has changed. While its own event is handled this is done once, at the end. */
    void arm(Cpu c) {
        if (c.id != inEvent) {
            cpuEvents.set(c.id, c.dueAt(), order++);
        }
    }

    boolean isArmed(Cpu c) {
        return cpuEvents.time(c.id) == c.dueAt();
    }

    void armTick(Cpu c, long at) {
        if (c.tickAt != at) {
            c.tickAt = at;
            arm(c);
        }
    }

    void armAgent(Cpu c, long at) {
        if (c.deadlineAt != at) {
            c.deadlineAt = at;
            arm(c);
        }
    }

    void armTask(Task t, long at) {
        taskEvents.set(t.id, at, order++);
    }

    /** Makes the CPU schedule: at once if it is this one, else when the interrupt has reached it. */
    void kick(Cpu c) {
        kickAt(c, here == c.id ? now : now + costs.ipi());
    }

    /** As {@link #kick}, for the wake-up of an agent, which may be late. */
    void kickLate(Cpu c) {
        kickAt(c, (here == c.id ? now : now + costs.ipi()) + mischief.wakeDelay());
    }

    private void kickAt(Cpu c, long at) {
        if (at < c.reschedAt) {
            c.reschedAt = at;
            arm(c);
        }
    }

    boolean setOnline(Cpu c, boolean online) {
        if (!online && (c.agent != null || onlineCpus() == 1)) {
            return false;
        }
        if (c.online != online) {
            c.online = online;
            kick(c);
            if (!online) {
                foreign.moveAll(c);
            }
        }
        return true;
    }

    private int onlineCpus() {
        int count = 0;
        for (Cpu c : cpus) {
            count += c.online ? 1 : 0;
        }
        return count;
    }

    // ---- tasks

    Task newTask(SimProcess process, TaskSpec spec, long parentGtid) {
        int pid = pids.allocate();
        Task t = new Task(this, taskIds, pid, process, spec, parentGtid, Gtid.of(pid, taskIds + 1L));
        pids.assign(pid, t);
        if (taskIds == tasks.length) {
            tasks = Arrays.copyOf(tasks, taskIds * 2);
        }
        tasks[taskIds++] = t;
        live++;
        return t;
    }

    Task newAgentThread(int cpu) {
        int pid = pids.allocate();
        SimProcess host = new SimProcess(pid, "agents", null, null);
        CpuSet pinned = CpuSet.of(cpu);
        TaskSpec spec = new TaskSpec("agent/" + cpu, 0, SchedulingClass.GHOST, 0, pinned, 0, null, t -> t.exit());
        int number = agentThreads.size();
        Task thread = new Task(this, -1 - number, pid, host, spec, 0, Gtid.of(pid, AGENT_BIT | number));
        thread.isAgent = true;
        thread.cpu = cpu;
        pids.assign(pid, thread);
        agentThreads.add(thread);
        return thread;
    }

    void forgetAgent(Task thread) {
        agentThreads.set(-1 - thread.id, null);
        pids.release(thread.pid);
    }

    SimProcess newProcess(ProcessSpec spec, @Nullable SimEnclave home) {
        int tgid = pids.allocate();
        SimProcess process = new SimProcess(tgid, spec.name(), home, PrioTables.create(spec));
        pids.assign(tgid, process);
        observer.processCreated(tgid, spec.name(), now);
        return process;
    }

    /** The task is dead. */
    void forget(Task t) {
        taskEvents.clear(t.id);
        tasks[t.id] = null;
        pids.release(t.pid);
        live--;
    }

    int liveTasks() {
        return live;
    }

    int createdTasks() {
        return taskIds;
    }

    @Nullable Task taskOrNull(int id) {
        return id < 0 || id >= taskIds ? null : tasks[id];
    }

    /** A task that is alive. */
    Task task(int id) {
        Task t = tasks[id];
        if (t == null) {
            throw new IllegalStateException("task " + id + " is dead");
        }
        return t;
    }

    /** The living task or agent with this gtid. */
    @Nullable Task find(long gtid) {
        long index = (gtid & GTID_INDEX) - 1;
        if (gtid > 0 && index >= 0 && index < taskIds) {
            Task t = tasks[(int) index];
            return t != null && t.gtid == gtid ? t : null;
        }
        return gtid > 0 && (gtid & AGENT_BIT) != 0 ? findAgent(gtid) : null;
    }

    private @Nullable Task findAgent(long gtid) {
        long number = gtid & (AGENT_BIT - 1);
        Task t = number < agentThreads.size() ? agentThreads.get((int) number) : null;
        return t != null && t.gtid == gtid ? t : null;
    }

    // ---- enclaves

    SimEnclave createEnclave(int id, CpuSet wanted) throws KernelException {
        if (id < 1 || id > 65_535) {
            throw new KernelException(Errno.EINVAL, "enclave number must be 1 to 65535: " + id);
        }
        for (SimEnclave e : enclaves) {
            if (e.id == id) {
                throw new KernelException(Errno.EEXIST, "enclave " + id + " exists already");
            }
        }
        checkFree(wanted, null);
        SimEnclave e = new SimEnclave(this, id, wanted);
        enclaves.add(e);
        mischief.begin();
        observer.enclaveCreated(id, now);
        return e;
    }

    /** All or nothing: the CPUs exist, are online, and are in no other enclave. */
    void checkFree(CpuSet wanted, @Nullable SimEnclave by) throws KernelException {
        for (int cpu = wanted.first(); cpu >= 0; cpu = wanted.next(cpu + 1)) {
            if (cpu >= cpus.length) {
                throw new KernelException(
                        Errno.EINVAL, "there is no CPU " + cpu + ": the machine has 0-" + (cpus.length - 1));
            }
            Cpu c = cpus[cpu];
            if (!c.online) {
                throw new KernelException(Errno.ENODEV, "CPU " + cpu + " is offline");
            }
            SimEnclave in = c.enclave;
            if (in != null && in != by) {
                throw new KernelException(Errno.EBUSY, "CPU " + cpu + " is in enclave " + in.id);
            }
        }
    }

    void forget(SimEnclave e, String reason) {
        enclaves.remove(e);
        if (invariants != null) {
            invariants.destroyed(e);
        }
        observer.enclaveDestroyed(e.id, reason, now);
    }
}
