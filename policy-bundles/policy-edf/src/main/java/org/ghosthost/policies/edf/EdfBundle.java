package org.ghosthost.policies.edf;

import java.util.List;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;

/** What the bundles of all releases say of their policy. */
public abstract class EdfBundle extends PolicyBundle {
    /** Name of the time between two looks at the PrioTables when no message comes. */
    public static final String PRIO_TABLE_PERIOD = "prio_table_period";

    /** Made by the framework. */
    protected EdfBundle() {}

    @Override
    public final List<ConfigKey> configuration() {
        return List.of(
                GlobalPolicy.globalCpuKey(),
                ConfigKey.duration(PRIO_TABLE_PERIOD, "100us",
                        "time between two looks at the PrioTables when no message comes"));
    }

    @Override
    public final int policyMemoryVersion() {
        return EdfMemory.VERSION;
    }
}
