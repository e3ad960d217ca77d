package org.ghosthost.policies.edf.release;

import org.ghosthost.policies.edf.EdfBundle;
import org.ghosthost.policies.edf.EdfPolicy;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** Preempts between QoS levels only. */
@GhostPolicy(name = "edf", model = "global")
public final class Edf extends EdfBundle {
    @Override
    public Policy create(PolicyContext context) {
        return new EdfPolicy(context);
    }
}
