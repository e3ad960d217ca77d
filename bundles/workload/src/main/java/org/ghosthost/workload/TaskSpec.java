package org.ghosthost.workload;

import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A task to create.
 *
 * @param name name for people, not necessarily unique
 * @param process index of its process in {@link Workload#processes()}
 * @param schedulingClass the class it starts in
 * @param nice nice value, -20 to 19
 * @param affinity the CPUs it may use, or null for all; not changed after the spec is made
 * @param startNs when it becomes runnable, in ns after the workload is started, or after the fork
 * @param hint its PrioTable item, or null for none
 * @param program what it does; used for this task only
 */
public record TaskSpec(String name, int process, SchedulingClass schedulingClass, int nice, @Nullable CpuSet affinity,
        long startNs, @Nullable PrioHint hint, TaskProgram program) {

    /** Checks the ranges. */
    public TaskSpec {
        if (nice < -20 || nice > 19) {
            throw new IllegalArgumentException("nice must be -20 to 19: " + nice);
        }
        if (startNs < 0 || process < 0) {
            throw new IllegalArgumentException("negative: startNs=" + startNs + " process=" + process);
        }
    }

    /** Returns a task of the first process in the ghost class that may start now, anywhere. */
    public static TaskSpec of(String name, TaskProgram program) {
        return new TaskSpec(name, 0, SchedulingClass.GHOST, 0, null, 0, null, program);
    }
}
