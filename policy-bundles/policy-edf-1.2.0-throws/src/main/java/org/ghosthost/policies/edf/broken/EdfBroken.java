package org.ghosthost.policies.edf.broken;

import org.ghosthost.policies.edf.EdfBundle;
import org.ghosthost.policies.edf.EdfPolicy;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** Decides well for a while after it got the lead, then throws: to see that the enclave goes on without it. */
@GhostPolicy(name = "edf", model = "global")
public final class EdfBroken extends EdfBundle {
    /** Passes before it throws. */
    public static final int SOUND_PASSES = 20;

    @Override
    public Policy create(PolicyContext context) {
        return new EdfPolicy(context) {
            private int passes;

            @Override
            public long schedule(Agent agent) {
                if (++passes > SOUND_PASSES) {
                    throw new IllegalStateException("this release is broken on purpose, in pass " + passes);
                }
                return super.schedule(agent);
            }
        };
    }
}
