package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.jspecify.annotations.Nullable;

/** One task: its state, its place in the machine's lists, and the context that its program sees. */
final class Task implements TaskContext {
    /** Not started yet. */
    static final int BORN = 0;
    /** Waits for a point in time or for somebody. */
    static final int BLOCKED = 1;
    /** Can run, and does not. */
    static final int READY = 2;
    /** On a CPU. */
    static final int RUNNING = 3;
    /** Ended. */
    static final int DEAD = 4;

    /** The step has ended: ask the program. */
    static final int STEP_DONE = 0;
    /** Burns what {@link #remaining} says. */
    static final int STEP_RUN = 1;
    /** Burns until it is woken. */
    static final int STEP_SPIN = 2;

    static final int NO_CPU = -1;

    // ---- hot: what every wake-up, pick and stop touches

    int state = BORN;
    int step = STEP_DONE;
    SchedulingClass schedulingClass;
    /** CPU that it is on or was on last; after a wake-up or a commit the one whose run queue it is on. */
    int cpu;
    long remaining;
    /** On a CPU: from when its time counts as work; before, the switch is paid. */
    long userFrom;
    /** On a CPU: until when its time is in {@link #runtime}. */
    long chargedAt;
    long runtime;
    long vruntime;
    long vruntimeChargedTo;
    long runnableSince;
    long argument;

    /** CPU that it ran on last; -1 before it ever ran. */
    int ranOn = -1;

    @Nullable SimEnclave enclave;
    @Nullable SimQueue queue;
    /** CPU that it is on; -1 = none. A number, since it changes with every switch and a reference costs more. */
    int onCpu = NO_CPU;
    /** CPU that it is latched on; -1 = none. */
    int latchedOn = NO_CPU;
    int statusWord = StatusWordTable.NONE;
    int wordFlags;
    int barrier;

    /** Entered while it ran: NEW is sent when it stops. */
    boolean newTask;
    /** It blocked: BLOCKED is sent at the next pick. */
    boolean blockedTask;
    /** It yielded: YIELD is sent at the next pick. */
    boolean yieldTask;
    /** Ended, but still to be switched out. */
    boolean exiting;
    /** In {@link #block}: a wake-up makes it runnable. */
    boolean wakeable;
    boolean wakePending;

    // ---- lists

    @Nullable TaskList list;
    @Nullable Task prev;
    @Nullable Task next;
    @Nullable Task prevMember;
    @Nullable Task nextMember;

    // ---- cold

    final Machine machine;
    final int id;
    final int pid;
    final long gtid;
    final String name;
    final SimProcess process;
    final @Nullable TaskProgram program;
    final long parentGtid;
    /** The enclave that its parent was in. */
    @Nullable SimEnclave bornInto;
    long startedNs;
    int nice;
    @Nullable CpuSet affinity;

    /** Messages are held back until this word of {@link #gateEnclave} is freed. */
    int gatedWord = StatusWordTable.NONE;

    @Nullable SimEnclave gateEnclave;

    /** Whether this is the thread of an agent. */
    boolean isAgent;

    long jobReleasedNs;
    long jobDeadlineNs;
    boolean jobOpen;
    /** Index of its item in the PrioTable of its process; -1 = none. */
    int prioItem = -1;

    /** The resync of its enclave after which one of its messages was lost. */
    long lostIn = -1;

    /** A transaction of this task that has no outcome yet: CPU, or -1. */
    int undecided = -1;

    Task(Machine machine, int id, int pid, SimProcess process, TaskSpec spec, long parentGtid, long gtid) {
        this.machine = machine;
        this.id = id;
        this.pid = pid;
        this.gtid = gtid;
        this.process = process;
        this.parentGtid = parentGtid;
        name = spec.name();
        program = spec.program();
        nice = spec.nice();
        affinity = spec.affinity();
        schedulingClass = spec.schedulingClass();
    }

    boolean isGhost() {
        return schedulingClass == SchedulingClass.GHOST;
    }

    boolean allowedOn(int where) {
        CpuSet set = affinity;
        return set == null || set.contains(where);
    }

    boolean isOnCpu() {
        return onCpu != NO_CPU;
    }

    boolean isLatched() {
        return latchedOn != NO_CPU;
    }

    boolean isRunnable() {
        return state == READY || state == RUNNING;
    }

    /** The enclave of a ghost task. */
    SimEnclave enclave() {
        SimEnclave e = enclave;
        if (e == null) {
            throw new IllegalStateException("task " + this + " is in no enclave");
        }
        return e;
    }

    /** Its messages are held back. */
    boolean isGated() {
        return gatedWord != StatusWordTable.NONE;
    }

    // ---- status word

    void setWordFlags(int flags) {
        if (flags != wordFlags) {
            wordFlags = flags;
            SimEnclave e = enclave;
            if (e != null && statusWord != StatusWordTable.NONE) {
                e.words.state(statusWord, barrier, flags);
            }
        }
    }

    /** One more message of it, sent or not. */
    void raiseBarrier(SimEnclave e) {
        barrier++;
        e.words.state(statusWord, barrier, wordFlags);
    }

    void markRunnable(boolean runnable) {
        setWordFlags(runnable ? wordFlags | FLAG_RUNNABLE : wordFlags & ~FLAG_RUNNABLE);
    }

    void markOffCpu() {
        setWordFlags(wordFlags & ~FLAG_ON_CPU);
    }

    // ---- TaskContext

    @Override
    public long now() {
        return machine.now;
    }

    @Override
    public long startedNs() {
        return startedNs;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public int cpu() {
        return cpu;
    }

    @Override
    public Step run(long ns) {
        if (ns < 0) {
            throw new IllegalArgumentException("task " + name + " cannot run for " + ns + " ns");
        }
        argument = ns;
        return Step.RUN;
    }

    @Override
    public Step spin() {
        return Step.SPIN;
    }

    @Override
    public Step sleepUntil(long timeNs) {
        argument = timeNs;
        return Step.SLEEP;
    }

    @Override
    public Step block() {
        return Step.BLOCK;
    }

    @Override
    public Step yield() {
        return Step.YIELD;
    }

    @Override
    public Step switchTo(int taskId) {
        argument = taskId;
        return Step.SWITCH_TO;
    }

    @Override
    public Step exit() {
        return Step.EXIT;
    }

    @Override
    public void wake(int taskId) {
        machine.life.wake(taskId, cpu);
    }

    @Override
    public int fork(TaskSpec child) {
        return machine.life.fork(this, child);
    }

    @Override
    public void setNice(int taskId, int value) {
        machine.properties.setNice(machine.taskOrNull(taskId), value);
    }

    @Override
    public void setAffinity(int taskId, CpuSet cpus) {
        machine.properties.setAffinity(machine.taskOrNull(taskId), cpus);
    }

    @Override
    public void setSchedulingClass(SchedulingClass value) {
        machine.properties.setSchedulingClass(this, value);
    }

    @Override
    public void jobStart(long releasedNs, long deadlineNs) {
        jobEnd();
        jobOpen = true;
        jobReleasedNs = releasedNs;
        jobDeadlineNs = deadlineNs;
        machine.observer.jobStart(id, releasedNs, deadlineNs, machine.now);
    }

    @Override
    public void jobEnd() {
        if (jobOpen) {
            jobOpen = false;
            boolean missed = machine.now > jobDeadlineNs;
            machine.observer.jobEnd(id, jobReleasedNs, jobDeadlineNs, missed, machine.now);
        }
    }

    @Override
    public void markRunnable(int taskId, long deadlineNs) {
        machine.prioTables.markRunnable(machine.taskOrNull(taskId), deadlineNs);
    }

    @Override
    public void markIdle() {
        machine.prioTables.markIdle(this);
    }

    @Override
    public void setWorkClass(int workClass) {
        machine.prioTables.setWorkClass(this, workClass);
    }

    @Override
    public String toString() {
        return name + "[" + id + "]";
    }
}
