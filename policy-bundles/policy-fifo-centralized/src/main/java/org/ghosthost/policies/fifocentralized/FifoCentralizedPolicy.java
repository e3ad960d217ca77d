package org.ghosthost.policies.fifocentralized;

import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.policy.PolicyContext;

/** First come, first served on all CPUs, by the building block of that name. */
final class FifoCentralizedPolicy extends FifoPolicy {
    FifoCentralizedPolicy(PolicyContext context) {
        super(context, context.configuration().durationNs(FifoCentralized.PREEMPTION_TIME_SLICE));
        startOn((int) context.configuration().integer(FifoCentralized.GLOBAL_CPU));
    }
}
