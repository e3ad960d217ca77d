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
 * @param absoluteTimers its own timers in each of its tasks: whether they keep their ticks when they are late
 * @param jobs its jobs
 */
record TaskDef(String name, int line, int column, int instances, long delayNs, int loop, @Nullable CpuSet cpus,
        SchedChange sched, List<Phase> phases, List<Boolean> absoluteTimers, Jobs jobs) {

    TaskDef {
        phases = List.copyOf(phases);
        absoluteTimers = List.copyOf(absoluteTimers);
    }
}
