package org.ghosthost.policies.biff;

import java.util.List;
import org.ghosthost.agent.PolicyBundle;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.InKernel;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;

/**
 * No agent decides: the backend lets the tasks of the enclave take turns on all CPUs, first come, first served, or by
 * virtual runtime, which weighs by nice value. No decision crosses into user space, so this is also what other policies
 * are to be compared with.
 */
@GhostPolicy(name = "biff", model = "in-kernel", needs = "mode-fifo")
public final class Biff extends PolicyBundle {
    /** Name of the longest turn of a task while others wait. */
    public static final String SLICE = "slice";
    /** Name of the choice of the order. */
    public static final String VRUNTIME = "vruntime";

    @Override
    public List<ConfigKey> configuration() {
        return List.of(
                ConfigKey.duration(SLICE, "50ms", "longest turn of a task while others wait"),
                ConfigKey.bool(VRUNTIME, false, "go by virtual runtime instead of first come, first served"));
    }

    @Override
    public Policy create(PolicyContext context) {
        boolean byVruntime = context.configuration().bool(VRUNTIME);
        InKernel how = new InKernel(byVruntime ? InKernel.Order.VRUNTIME : InKernel.Order.FIFO,
                context.configuration().durationNs(SLICE));
        return new BiffPolicy(how);
    }
}
