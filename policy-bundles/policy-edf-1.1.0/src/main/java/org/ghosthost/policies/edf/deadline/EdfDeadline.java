package org.ghosthost.policies.edf.deadline;

import org.ghosthost.policies.edf.EdfBundle;
import org.ghosthost.policies.edf.EdfPolicy;
import org.ghosthost.policies.edf.EdfTask;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/** Preempts by deadline inside of a QoS level too. */
@GhostPolicy(name = "edf", model = "global")
public final class EdfDeadline extends EdfBundle {
    @Override
    public Policy create(PolicyContext context) {
        return new EdfPolicy(context) {
            @Override
            protected boolean preempts(EdfTask challenger, EdfTask running) {
                return challenger.qos() > running.qos() || (challenger.qos() == running.qos()
                        && challenger.schedDeadlineNs() < running.schedDeadlineNs());
            }
        };
    }
}
