package org.ghosthost.policies.fifocentralized;

import java.util.List;
import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** First come, first served on all CPUs: the bundle of {@link FifoPolicy}. */
@GhostPolicy(name = "fifo-centralized", model = "global")
public final class FifoCentralized extends PolicyBundle {
    @Override
    public List<ConfigKey> configuration() {
        return FifoPolicy.keys();
    }

    @Override
    public Policy create(PolicyContext context) {
        return new FifoPolicy(context);
    }
}
