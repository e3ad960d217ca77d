package org.ghosthost.policy;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** The one service that a policy bundle registers: makes policies. */
@ConsumerType
public interface PolicyFactory {
    /**
     * Makes one instance: the only one of a generation (global), or that of {@link PolicyContext#cpu()} (per CPU).
     * Called on a thread of the host, before anything is scheduled by it; may take its time, must not block.
     */
    Policy create(PolicyContext context);

    /** What can be configured; checked by the host before {@link #create}. */
    default List<ConfigKey> configuration() {
        return List.of();
    }

    /** Layout version of what the policy keeps in {@link PolicyMemory}; 0 if it keeps nothing. */
    default int policyMemoryVersion() {
        return 0;
    }
}
