package org.ghosthost.workload.rtapp;

import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A thread object of the file.
 *
 * @param name its name
 * @param line its line
 * @param column its column
 * @param instances how many tasks follow it from the start
 * @param delayNs when they begin, after the start of the workload
 * @param loop how often all phases run, or {@link Phase#FOR_EVER}
 * @param cpus the CPUs it may use, or null for all
 * @param sched its scheduling, policy and priority known
 * @param phases its phases, at least one
 * @param absoluteTimers the timers that each of its tasks has for itself, and whether they keep their ticks when late
 */
record TaskDef(String name, int line, int column, int instances, long delayNs, int loop, @Nullable CpuSet cpus,
        SchedChange sched, List<Phase> phases, List<Boolean> absoluteTimers) {

    TaskDef {
        phases = List.copyOf(phases);
        absoluteTimers = List.copyOf(absoluteTimers);
    }

    /** Returns whether jobs are released by timers; else by wake-ups, if there is a deadline at all. */
    boolean hasTimer() {
        return firstTimerPeriodNs() >= 0;
    }

    /** Returns whether some phase or the task itself says a deadline. */
    boolean hasDeadline() {
        return sched.deadlineNs() > 0 || phases.stream().anyMatch(phase -> phase.sched().deadlineNs() > 0);
    }

    /** Returns the period of the timer that the task meets first, or -1 if it has none. */
    long firstTimerPeriodNs() {
        for (final Phase phase : phases) {
            for (final Event event : phase.events()) {
                if (event.kind() == EventKind.TIMER) {
                    return event.ns();
                }
            }
        }
        return -1;
    }

    /** Returns the time that one job is expected to run: what the file says, else the mean over the first phase. */
    long expectedRunNs() {
        if (sched.runtimeNs() > 0) {
            return sched.runtimeNs();
        }
        long runNs = 0;
        int jobs = 0;
        for (final Event event : phases.getFirst().events()) {
            if (event.kind() == EventKind.RUN || event.kind() == EventKind.RUNTIME) {
                runNs += event.ns();
            } else if (event.kind() == EventKind.TIMER) {
                jobs++;
            }
        }
        return runNs / Math.max(1, jobs);
    }
}
