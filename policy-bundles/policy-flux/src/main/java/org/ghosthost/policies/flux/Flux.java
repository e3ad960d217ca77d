package org.ghosthost.policies.flux;

import java.util.List;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;

/** The bundle of {@link FluxPolicy}. */
@GhostPolicy(name = "flux", model = "global")
public final class Flux extends PolicyBundle {
    /** Name of the longest turn of a task while others of its scheduler wait. */
    public static final String SLICE = "slice";
    /** Name of the choice of the tree. */
    public static final String PROVISIONING = "provisioning";
    /** Name of the most CPUs that important tasks get before others, with provisioning. */
    public static final String MAX_PRIO_CPUS = "max_prio_cpus";
    /** Name of the number of CPUs on which important tasks are at home, with provisioning. */
    public static final String PRIO_CPUS = "prio_cpus";

    @Override
    public List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.duration(SLICE, "50ms", "longest turn of a task while others of its scheduler wait"),
                ConfigKey.bool(PROVISIONING, false,
                        "tell tasks apart: those of negative nice value first, those of positive last"),
                ConfigKey.integer(MAX_PRIO_CPUS, CpuSet.MAX_CPUS, 0, CpuSet.MAX_CPUS,
                        "most CPUs that tasks of negative nice value get before others"),
                ConfigKey.integer(PRIO_CPUS, 0, 0, CpuSet.MAX_CPUS,
                        "number of CPUs, the highest of the enclave, where tasks of negative nice value are at home"),
                GlobalPolicy.globalCpuKey());
    }

    @Override
    public Policy create(PolicyContext context) {
        return new FluxPolicy(context);
    }
}
