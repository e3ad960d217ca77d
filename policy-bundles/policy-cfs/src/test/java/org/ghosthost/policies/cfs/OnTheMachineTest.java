package org.ghosthost.policies.cfs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.api.Test;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("cfs", PolicyModel.PER_CPU, new Cfs());
    }

    @Test
    void tasksThatNeverSleepTakeTurns() throws Exception {
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), Map.of())) {
            trial.load("spin:tasks=12");
            trial.runFor(300 * MS);
            trial.assertSound("cfs");
            assertTrue(trial.longestWaitNs() < 15 * MS, trial + ": longest wait, ns " + trial.longestWaitNs());
        }
    }
}
