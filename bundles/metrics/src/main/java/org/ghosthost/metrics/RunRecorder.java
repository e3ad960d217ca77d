package org.ghosthost.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * Measures the tasks of one run from what the machine reports: latencies, deadlines, switches, migrations.
 *
 * <p>All calls come from one thread, with times that never go back. Recording allocates nothing; only a new task and a
 * new phase do. The first {@link #HISTOGRAM_TASKS} tasks get histograms of their own (2 significant digits, 60 KB a
 * task); those after them get exact counts, means and maxima, but no percentiles. The whole run has percentiles of 3
 * significant digits, whatever the number of tasks.
 */
public final class RunRecorder {
    /** How many tasks have percentiles of their own. */
    public static final int HISTOGRAM_TASKS = 256;

    /** How many phases a run may have. */
    public static final int MAX_PHASES = 1024;

    private final List<TaskRecord> tasks = new ArrayList<>();
    private final List<Phase> phases = new ArrayList<>();
    private final Latency wakeup = Latency.precise();
    private final Latency runDelay = Latency.precise();
    private final Latency turnaround = Latency.precise();

    /** Starts at time 0, in the phase that is given. */
    public RunRecorder(String firstPhase) {
        phases.add(new Phase(firstPhase, 0));
    }

    /**
     * A task exists from now on; it neither runs nor waits yet.
     *
     * @param task its number: 0 for the first one, then one more each time
     */
    public void taskCreated(int task, String name) {
        if (task != tasks.size()) {
            throw new IllegalArgumentException("task " + task + " follows " + (tasks.size() - 1));
        }
        tasks.add(new TaskRecord(name, task < HISTOGRAM_TASKS));
    }

    /** A task has ended, on its CPU or elsewhere. */
    public void taskExited(int task, long nowNs) {
        TaskRecord record = tasks.get(task);
        leaveCpu(record, nowNs);
        record.exited = true;
        record.wokenNs = TaskRecord.NONE;
        record.runnableNs = TaskRecord.NONE;
    }

    /** A task that was blocked, or is new, waits for a CPU from now on. */
    public void runnable(int task, long nowNs) {
        TaskRecord record = tasks.get(task);
        record.wokenNs = nowNs;
        record.runnableNs = nowNs;
    }

    /** A task runs on a CPU from now on. */
    public void onCpu(int task, int cpu, long nowNs) {
        TaskRecord record = tasks.get(task);
        endWait(record, nowNs);
        record.switches++;
        if (record.lastCpu >= 0 && record.lastCpu != cpu) {
            record.migrations++;
        }
        record.lastCpu = cpu;
        record.onCpuNs = nowNs;
    }

    /**
     * A task has left its CPU.
     *
     * @param waits whether it waits for a CPU again: it was preempted, or it yielded
     */
    public void offCpu(int task, boolean waits, long nowNs) {
        TaskRecord record = tasks.get(task);
        leaveCpu(record, nowNs);
        record.runnableNs = waits ? nowNs : TaskRecord.NONE;
    }

    /**
     * A task has a new job; a job that was still open ends now.
     *
     * @param releasedNs when the work came up; in the future, too
     * @param deadlineNs when it should be done; {@link Long#MAX_VALUE} = at any time
     */
    public void jobStart(int task, long releasedNs, long deadlineNs, long nowNs) {
        jobEnd(task, nowNs);
        TaskRecord record = tasks.get(task);
        record.jobOpen = true;
        record.jobReleasedNs = releasedNs;
        record.jobDeadlineNs = deadlineNs;
    }

    /** The job of a task is done; without an open job this does nothing. */
    public void jobEnd(int task, long nowNs) {
        TaskRecord record = tasks.get(task);
        if (!record.jobOpen) {
            return;
        }
        record.jobOpen = false;
        record.turnaround.record(nowNs - record.jobReleasedNs);
        turnaround.record(nowNs - record.jobReleasedNs);
        if (record.jobDeadlineNs != Long.MAX_VALUE) {
            deadline(record, nowNs > record.jobDeadlineNs);
        }
    }

    /** Starts the next phase; deadlines from now on are counted to it. */
    public void phase(String name, long nowNs) {
        if (phases.size() == MAX_PHASES) {
            throw new IllegalStateException("more than " + MAX_PHASES + " phases");
        }
        phases.add(new Phase(name, nowNs));
    }

    /**
     * What was measured. A wait that has not ended counts with its length so far; a job that is still open has missed
     * its deadline if that is over. Ends the run: nothing may be called after it.
     */
    public RunSummary summary(long endNs) {
        long due = 0;
        long missed = 0;
        long switches = 0;
        long migrations = 0;
        long cpuNs = 0;
        int exited = 0;
        List<TaskSummary> summaries = new ArrayList<>(tasks.size());
        for (TaskRecord record : tasks) {
            end(record, endNs);
            TaskSummary task = record.summary(endNs);
            summaries.add(task);
            due += record.due;
            missed += record.missed;
            switches += task.switches();
            migrations += task.migrations();
            cpuNs += task.cpuNs();
            exited += record.exited ? 1 : 0;
        }
        TaskSummary total = new TaskSummary("total", wakeup.summary(), runDelay.summary(), turnaround.summary(),
                new DeadlineSummary(due, missed), switches, migrations, cpuNs);
        return new RunSummary(endNs, tasks.size(), exited, total, summaries, phaseSummaries(endNs));
    }

    private void end(TaskRecord record, long endNs) {
        if (record.jobOpen && record.jobDeadlineNs < endNs) {
            deadline(record, true);
        }
        endWait(record, endNs);
    }

    private void endWait(TaskRecord record, long nowNs) {
        if (record.wokenNs != TaskRecord.NONE) {
            record.wakeup.record(nowNs - record.wokenNs);
            wakeup.record(nowNs - record.wokenNs);
            record.wokenNs = TaskRecord.NONE;
        }
        if (record.runnableNs != TaskRecord.NONE) {
            record.runDelay.record(nowNs - record.runnableNs);
            runDelay.record(nowNs - record.runnableNs);
            record.runnableNs = TaskRecord.NONE;
        }
    }

    private List<PhaseSummary> phaseSummaries(long endNs) {
        List<PhaseSummary> summaries = new ArrayList<>(phases.size());
        for (int i = 0; i < phases.size(); i++) {
            Phase phase = phases.get(i);
            long toNs = i + 1 < phases.size() ? phases.get(i + 1).fromNs : endNs;
            DeadlineSummary deadlines = new DeadlineSummary(phase.due, phase.missed);
            summaries.add(new PhaseSummary(phase.name, phase.fromNs, toNs, deadlines));
        }
        return summaries;
    }

    private void deadline(TaskRecord record, boolean isMissed) {
        int last = phases.size() - 1;
        while (last > 0 && record.jobDeadlineNs < phases.get(last).fromNs) {
            last--;
        }
        Phase phase = phases.get(last);
        record.due++;
        phase.due++;
        if (isMissed) {
            record.missed++;
            phase.missed++;
        }
    }

    private static void leaveCpu(TaskRecord record, long nowNs) {
        if (record.onCpuNs != TaskRecord.NONE) {
            record.cpuNs += nowNs - record.onCpuNs;
            record.onCpuNs = TaskRecord.NONE;
        }
    }

    private static final class Phase {
        final String name;
        final long fromNs;
        long due;
        long missed;

        Phase(String name, long fromNs) {
            this.name = name;
            this.fromNs = fromNs;
        }
    }
}
