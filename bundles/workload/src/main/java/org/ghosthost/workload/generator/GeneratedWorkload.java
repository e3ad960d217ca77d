package org.ghosthost.workload.generator;

import java.util.List;
import java.util.function.LongFunction;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/**
 * A workload of one process.
 *
 * @param name the text it is made from
 * @param durationNs how long it is meant to run
 * @param process its process
 * @param cpus the CPUs that its text names, or null
 * @param maker makes the tasks from the seed of a run
 */
record GeneratedWorkload(String name, long durationNs, ProcessSpec process, @Nullable CpuSet cpus,
        LongFunction<List<TaskSpec>> maker) implements Workload {

    @Override
    public List<ProcessSpec> processes() {
        return List.of(process);
    }

    @Override
    public List<TaskSpec> tasks(final long seed) {
        return maker.apply(seed);
    }

    @Override
    public void checkCpus(final int cpuCount) {
        if (cpus != null && cpus.last() >= cpuCount) {
            throw new WorkloadException("workload " + WorkloadException.quote(name) + ": it wants CPU " + cpus.last()
                    + ", but the machine has CPUs 0-" + (cpuCount - 1));
        }
    }

    @Override
    public List<String> remarks() {
        return List.of();
    }
}
