package org.ghosthost.metrics;

import java.util.List;

/**
 * What a run measured.
 *
 * @param endNs when it ended, ns of the machine's clock
 * @param created tasks that came
 * @param exited those of them that ended
 * @param total all tasks together
 * @param tasks each task, in the order of creation
 * @param phases the parts of the run, in their order; at least one
 */
public record RunSummary(long endNs, int created, int exited, TaskSummary total, List<TaskSummary> tasks,
        List<PhaseSummary> phases) {

    /** Copies the lists. */
    public RunSummary {
        tasks = List.copyOf(tasks);
        phases = List.copyOf(phases);
    }
}
