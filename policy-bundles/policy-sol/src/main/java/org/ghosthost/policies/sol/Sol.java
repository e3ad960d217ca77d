package org.ghosthost.policies.sol;

import java.util.List;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;

/** The bundle of {@link SolPolicy}. */
@GhostPolicy(name = "sol", model = "global")
public final class Sol extends PolicyBundle {
    /** Name of the longest time that a task keeps its CPU while others wait. */
    public static final String PREEMPTION_TIME_SLICE = "preemption_time_slice";
    /** Name of the CPU on which the global agent starts. */
    public static final String GLOBAL_CPU = "global_cpu";

    @Override
    public List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.duration(PREEMPTION_TIME_SLICE, "inf",
                        "longest time that a task keeps its CPU while others wait"),
                ConfigKey.integer(GLOBAL_CPU, CpuSet.NO_CPU, CpuSet.NO_CPU, CpuSet.MAX_CPUS - 1,
                        "CPU on which the global agent starts; -1 = the first of the enclave"));
    }

    @Override
    public Policy create(PolicyContext context) {
        return new SolPolicy(context);
    }
}
