package org.ghosthost.policies.edf.stuck;

import org.ghosthost.policies.edf.EdfBundle;
import org.ghosthost.policies.edf.EdfPolicy;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** Decides well for a while after it got the lead, then loops for ever: to see that the threads go on without it. */
@GhostPolicy(name = "edf", model = "global")
public final class EdfStuck extends EdfBundle {
    /** Passes before it hangs: more than a successor is watched, so that it is a policy in charge that hangs. */
    private static final int SOUND_PASSES = 2_000;

    @Override
    public Policy create(PolicyContext context) {
        return new EdfPolicy(context) {
            private long passes;

            @Override
            public long schedule(Agent agent) {
                while (++passes > SOUND_PASSES) {
                    passes++; // not Thread.onSpinWait: a policy has no threads, and this one hangs without help
                }
                return super.schedule(agent);
            }
        };
    }
}
