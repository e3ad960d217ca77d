package org.ghosthost.workload.rtapp;

import java.util.List;

/**
 * The jobs of a task.
 *
 * @param release what releases them
 * @param firstPeriodNs period of the timer that the task meets first, 0 without one
 * @param expectedRunNs how long one is expected to run: what the file says, else the mean over the first phase
 */
record Jobs(Release release, long firstPeriodNs, long expectedRunNs) {

    /** What releases a job. */
    enum Release { NOTHING, TIMER, WAKE_UP }

    static Jobs of(final SchedChange sched, final List<Phase> phases) {
        long firstPeriodNs = -1;
        boolean hasDeadline = sched.deadlineNs() > 0;
        for (final Phase phase : phases) {
            hasDeadline |= phase.sched().deadlineNs() > 0;
            for (final Event event : phase.events()) {
                if (event.kind() == EventKind.TIMER && firstPeriodNs < 0) {
                    firstPeriodNs = event.ns();
                }
            }
        }
        final Release byWakeUp = hasDeadline ? Release.WAKE_UP : Release.NOTHING;
        return new Jobs(firstPeriodNs >= 0 ? Release.TIMER : byWakeUp, Math.max(0, firstPeriodNs),
                sched.runtimeNs() > 0 ? sched.runtimeNs() : meanRunNs(phases.getFirst()));
    }

    private static long meanRunNs(final Phase phase) {
        long runNs = 0;
        int jobs = 0;
        for (final Event event : phase.events()) {
            if (event.kind() == EventKind.RUN || event.kind() == EventKind.RUNTIME) {
                runNs += event.ns();
            } else if (event.kind() == EventKind.TIMER) {
                jobs++;
            }
        }
        return runNs / Math.max(1, jobs);
    }
}
