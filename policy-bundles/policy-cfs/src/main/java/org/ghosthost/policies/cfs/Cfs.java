package org.ghosthost.policies.cfs;

import java.util.List;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** The bundle of {@link CfsPolicy}. */
@GhostPolicy(name = "cfs", model = "per-cpu")
public final class Cfs extends PolicyBundle {
    /** Name of the shortest turn of a task while others wait. */
    public static final String MIN_GRANULARITY = "min_granularity";
    /** Name of the time in which every task is to have a turn, if the shortest turn allows it. */
    public static final String LATENCY = "latency";
    /** Name of the time between two looks at how evenly tasks are spread. */
    public static final String BALANCE_PERIOD = "balance_period";

    @Override
    public List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.duration(MIN_GRANULARITY, "1ms", "shortest turn of a task while others wait"),
                ConfigKey.duration(LATENCY, "10ms",
                        "time in which every task is to have a turn, if the shortest turn allows it"),
                ConfigKey.duration(BALANCE_PERIOD, "10ms",
                        "time between two looks at how evenly tasks are spread over busy CPUs; inf = never"));
    }

    @Override
    public int policyMemoryVersion() {
        return CfsPolicy.MEMORY_VERSION;
    }

    @Override
    public Policy create(PolicyContext context) {
        return new CfsPolicy(context);
    }
}
