package org.ghosthost.policies.edf;

import java.util.List;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.topology.CpuSet;

/** What the bundles of all releases say of their policy. */
public abstract class EdfBundle extends PolicyBundle {
    /** Name of the CPU on which the global agent starts. */
    public static final String GLOBAL_CPU = "global_cpu";
    /** Name of the time between two looks at the PrioTables when no message comes. */
    public static final String PRIO_TABLE_PERIOD = "prio_table_period";

    /** Made by the framework. */
    protected EdfBundle() {}

    @Override
    public final List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.integer(GLOBAL_CPU, CpuSet.NO_CPU, CpuSet.NO_CPU, CpuSet.MAX_CPUS - 1,
                        "CPU on which the global agent starts; -1 = the first of the enclave"),
                ConfigKey.duration(PRIO_TABLE_PERIOD, "100us",
                        "time between two looks at the PrioTables when no message comes"));
    }

    @Override
    public final int policyMemoryVersion() {
        return EdfMemory.VERSION;
    }
}
