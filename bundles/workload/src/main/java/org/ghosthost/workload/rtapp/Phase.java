package org.ghosthost.workload.rtapp;

import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A phase of a task.
 *
 * @param loop how often its events run in a row, or {@link #FOR_EVER}
 * @param cpus the CPUs it may use, or null for the task's
 * @param sched what changes when it begins
 * @param events its events, at least one
 */
record Phase(int loop, @Nullable CpuSet cpus, SchedChange sched, List<Event> events) {

    static final int FOR_EVER = -1;

    Phase {
        events = List.copyOf(events);
    }
}
