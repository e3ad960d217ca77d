package org.ghosthost.kernel.sim;

/** Draws what goes wrong. */
final class Faults {
    private final FaultPlan plan;
    private final Rng rng;

    Faults(FaultPlan plan, long seed) {
        this.plan = plan;
        rng = new Rng(seed);
    }

    /** The message at hand does not fit into its queue. */
    boolean overflows() {
        return rng.chance(plan.overflowChance());
    }

    /** An enclave loses its kernel side. */
    boolean losesAttachment() {
        return rng.chance(plan.lossChance());
    }

    /** For how long the agent's pass is held up. */
    long stall() {
        return rng.chance(plan.stallChance()) ? plan.stallNs() : 0;
    }
}
