package org.ghosthost.policies.fifopercpu;

import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** The bundle of {@link FifoPerCpuPolicy}. */
@GhostPolicy(name = "fifo-per-cpu", model = "per-cpu")
public final class FifoPerCpu extends PolicyBundle {
    @Override
    public Policy create(PolicyContext context) {
        return new FifoPerCpuPolicy(context);
    }
}
