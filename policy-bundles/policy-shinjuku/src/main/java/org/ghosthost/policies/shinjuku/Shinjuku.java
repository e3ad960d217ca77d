package org.ghosthost.policies.shinjuku;

import java.util.List;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** The bundle of {@link ShinjukuPolicy}. */
@GhostPolicy(name = "shinjuku", model = "global")
public final class Shinjuku extends PolicyBundle {
    /** Name of the time after which a task gives way to another one of its QoS. */
    public static final String PREEMPTION_TIME_SLICE = "preemption_time_slice";
    /** Name of the time between two looks at the PrioTables when no message comes. */
    public static final String PRIO_TABLE_PERIOD = "prio_table_period";

    @Override
    public List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.duration(PREEMPTION_TIME_SLICE, "50us",
                        "time after which a task gives way to another one of its QoS"),
                GlobalPolicy.globalCpuKey(),
                ConfigKey.duration(PRIO_TABLE_PERIOD, "10us",
                        "time between two looks at the PrioTables when no message comes"));
    }

    @Override
    public Policy create(PolicyContext context) {
        return new ShinjukuPolicy(context);
    }
}
