package org.ghosthost.policies.biff;

import org.ghosthost.policy.Agent;
import org.ghosthost.policy.InKernel;
import org.ghosthost.policy.Policy;

/** Leaves it to the backend. */
record BiffPolicy(InKernel inKernel) implements Policy {
    @Override
    public long schedule(Agent agent) {
        return UNTIL_MESSAGE;
    }

    @Override
    public void dump(StringBuilder out) {
        out.append("the backend decides: ").append(inKernel.order()).append(", turns of ").append(inKernel.sliceNs())
                .append(" ns\n");
    }
}
