package org.ghosthost.metrics;

/** Where one task stands, and what it went through so far. */
final class TaskRecord {
    /** A time that is not there: the task does not wait, has no job. */
    static final long NONE = -1;

    final String name;
    final Latency wakeup;
    final Latency runDelay;
    final Latency turnaround;

    long wokenNs = NONE;
    long runnableNs = NONE;
    long onCpuNs = NONE;
    int lastCpu = -1;
    boolean exited;

    boolean jobOpen;
    long jobReleasedNs;
    long jobDeadlineNs;

    long due;
    long missed;
    long switches;
    long migrations;
    long cpuNs;

    TaskRecord(String name, boolean histograms) {
        this.name = name;
        wakeup = histograms ? Latency.coarse() : Latency.counted();
        runDelay = histograms ? Latency.coarse() : Latency.counted();
        turnaround = histograms ? Latency.coarse() : Latency.counted();
    }

    TaskSummary summary(long endNs) {
        long running = onCpuNs == NONE ? 0 : endNs - onCpuNs;
        return new TaskSummary(name, wakeup.summary(), runDelay.summary(), turnaround.summary(),
                new DeadlineSummary(due, missed), switches, migrations, cpuNs + running);
    }
}
