package org.ghosthost.policies.fifocentralized;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.api.Test;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("fifo-centralized", PolicyModel.GLOBAL, new FifoCentralized());
    }

    @Test
    void aSliceSharesTheCpus() throws Exception {
        Map<String, String> slice = Map.of(FifoPolicy.PREEMPTION_TIME_SLICE, "1ms");
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), slice)) {
            trial.load("spin:tasks=10");
            trial.runFor(100 * MS);
            trial.assertSound("fifo-centralized");
            assertTrue(trial.longestWaitNs() < 3 * MS, trial + ": longest wait, ns " + trial.longestWaitNs());
        }
    }
}
