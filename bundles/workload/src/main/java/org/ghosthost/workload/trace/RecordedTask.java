package org.ghosthost.workload.trace;

import org.ghosthost.workload.SchedulingClass;

/** A task of a trace: where it stands while the trace is read, and what it did. */
final class RecordedTask {
    static final int DEFAULT_PRIO = 120;

    /** No wake-up has come early. */
    static final int NONE = -1;

    /** A wake-up by nobody who is recorded has come early. */
    static final int BY_NOBODY = -2;

    /** Priorities below this one are real-time. */
    private static final int FIRST_FAIR_PRIO = 100;

    /** How the names of kernel threads begin; they are no ghost tasks, but load of another class. */
    private static final String[] KERNEL_NAMES = {"kworker/", "ksoftirqd/", "rcu", "migration/", "cpuhp/", "kswapd",
        "kcompactd", "khugepaged", "kthreadd", "jbd2/", "ext4-", "xfs", "btrfs-", "kblockd", "writeback", "irq/",
        "watchdog", "oom_reaper", "ksmd", "kauditd", "kdamond", "kdevtmpfs", "scsi_", "nvme-", "vhost-", "idle_inject/",
        "ktimers/", "stopper/"};

    enum State { UNBORN, RUNNING, RUNNABLE, BLOCKED, DEAD }

    final int index;
    final int pid;
    final Ops ops = new Ops();

    String name;
    State state;

    /** When it became runnable first, if no recorded task forked it. */
    long bornNs;

    /** Whether a recorded task forks it. */
    boolean forked;

    /** Since when it has been running or blocked. */
    long sinceNs;

    /** Number of a wake-up that came while it still ran, on its way to block; or one of the constants. */
    int earlyWake = NONE;

    /** How many wake-ups by recorded tasks it has had. */
    int wakes;

    private int prio;
    private long runNs;
    private long totalRunNs;

    RecordedTask(final int index, final TraceEvent.Task task, final State state, final long nowNs) {
        this.index = index;
        this.pid = task.pid;
        this.state = state;
        name = task.comm;
        prio = task.prio;
        bornNs = nowNs;
        sinceNs = nowNs;
    }

    /** Takes over what an event says of the task; a task is known by its last name, as after an exec. */
    void update(final TraceEvent.Task task) {
        prio = task.prio;
        if (!task.comm.startsWith("<")) {
            name = task.comm;
        }
    }

    /** Adds the time it has run up to {@code nowNs}. */
    void runUntil(final long nowNs) {
        runNs += Math.max(0, nowNs - sinceNs);
        sinceNs = nowNs;
    }

    /** Returns its operations for one more, after the time it has run before. */
    Ops opsAfterRun() {
        if (runNs > 0) {
            ops.add(Ops.RUN, runNs);
            totalRunNs += runNs;
            runNs = 0;
        }
        return ops;
    }

    long totalRunNs() {
        return totalRunNs + runNs;
    }

    boolean isKernelThread() {
        for (final String start : KERNEL_NAMES) {
            if (name.startsWith(start)) {
                return true;
            }
        }
        return false;
    }

    SchedulingClass schedulingClass() {
        if (prio < FIRST_FAIR_PRIO) {
            return SchedulingClass.RT;
        }
        return isKernelThread() ? SchedulingClass.FAIR : SchedulingClass.GHOST;
    }

    int nice() {
        return prio < FIRST_FAIR_PRIO ? 0 : Math.clamp(prio - DEFAULT_PRIO, -20, 19);
    }
}
