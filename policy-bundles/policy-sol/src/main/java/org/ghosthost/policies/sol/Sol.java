package org.ghosthost.policies.sol;

import java.util.List;
import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** The bundle of {@link SolPolicy}. */
@GhostPolicy(name = "sol", model = "global")
public final class Sol extends PolicyBundle {
    @Override
    public List<ConfigKey> configuration() {
        return FifoPolicy.keys();
    }

    @Override
    public Policy create(PolicyContext context) {
        return new SolPolicy(context);
    }
}
