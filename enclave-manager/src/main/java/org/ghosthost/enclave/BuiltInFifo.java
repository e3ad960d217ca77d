package org.ghosthost.enclave;

import java.util.Set;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;

/** The policy that every enclave starts with and falls back to: first come, first served, on each CPU. */
final class BuiltInFifo implements PolicyFactory {
    static final PolicyRelease RELEASE = new PolicyRelease("built-in-fifo", new PolicyVersion(1, 0, 0, ""),
            PolicyModel.PER_CPU, Set.of(), new BuiltInFifo(), "built in");

    @Override
    public Policy create(PolicyContext context) {
        return agent -> Policy.UNTIL_MESSAGE;
    }
}
