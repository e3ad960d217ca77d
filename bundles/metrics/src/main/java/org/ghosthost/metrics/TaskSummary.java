package org.ghosthost.metrics;

/**
 * What a task, or all of them together, went through.
 *
 * @param name name for people
 * @param wakeup from a wake-up, or from the start, to the CPU
 * @param runDelay each wait for a CPU: after a wake-up, a preemption or a yield
 * @param turnaround from the release of a job to its end
 * @param deadlines deadlines of jobs
 * @param switches how often it was given a CPU
 * @param migrations how often that was another CPU than before
 * @param cpuNs its time on CPUs, ns
 */
public record TaskSummary(String name, LatencySummary wakeup, LatencySummary runDelay, LatencySummary turnaround,
        DeadlineSummary deadlines, long switches, long migrations, long cpuNs) {
}
