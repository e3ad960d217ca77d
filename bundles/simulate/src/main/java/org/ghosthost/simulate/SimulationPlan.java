package org.ghosthost.simulate;

import java.util.List;
import java.util.Map;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.workload.Workload;
import org.jspecify.annotations.Nullable;

/**
 * A run that can be made: everything is read and loaded.
 *
 * @param machine the machine
 * @param workload what runs on it
 * @param durationNs how long at most, ns of virtual time from the workload's start
 * @param policy the first policy; null = the built-in FIFO
 * @param config configuration of the first policy, kept by releases of the same name
 * @param rolls what comes later, in the order of time
 */
record SimulationPlan(MachineConfig machine, Workload workload, long durationNs, @Nullable PolicyRelease policy,
        Map<String, String> config, List<PlannedRoll> rolls) {

    /**
     * A roll that is to happen.
     *
     * @param atNs when, ns of virtual time from the workload's start
     * @param release what comes
     */
    record PlannedRoll(long atNs, PolicyRelease release) {
    }
}
