package org.ghosthost.kernel.sim;

/**
 * What goes wrong, by the machine's seed. Chances are in millionths; 0 = never.
 *
 * @param stallChance of each agent pass to be held up
 * @param stallNs how long it is held up
 * @param overflowChance of each message not to fit into its queue
 * @param lossChance of some enclave, each quarter of a millisecond or so, to be destroyed from below
 */
public record FaultPlan(int stallChance, long stallNs, int overflowChance, int lossChance) {
    /** Nothing goes wrong. */
    public static final FaultPlan NONE = new FaultPlan(0, 0, 0, 0);

    private static final int CERTAIN = 1_000_000;

    /** Checks the ranges. */
    public FaultPlan {
        if (stallChance < 0 || stallChance > CERTAIN || overflowChance < 0 || overflowChance > CERTAIN
                || lossChance < 0 || lossChance > CERTAIN || stallNs < 0) {
            throw new IllegalArgumentException("chances are 0 to 1000000 and times not negative: " + stallChance + ", "
                    + stallNs + ", " + overflowChance + ", " + lossChance);
        }
    }
}
