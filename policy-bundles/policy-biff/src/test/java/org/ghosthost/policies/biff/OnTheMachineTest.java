package org.ghosthost.policies.biff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("biff", PolicyModel.IN_KERNEL, new Biff());
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "true"})
    void aSliceSharesTheCpus(String byVruntime) throws Exception {
        Map<String, String> slice = Map.of(Biff.SLICE, "1ms", Biff.VRUNTIME, byVruntime);
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), slice)) {
            trial.load("spin:tasks=12");
            trial.runFor(100 * MS);
            trial.assertSound("biff");
            assertTrue(trial.longestWaitNs() < 4 * MS, trial + ": longest wait, ns " + trial.longestWaitNs());
        }
    }

    @Test
    void agentsDecideNothing() throws Exception {
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), Map.of())) {
            trial.load("spin:tasks=12");
            trial.runFor(10 * MS);
            long before = trial.status().decisions();
            trial.runFor(100 * MS);
            assertEquals(before, trial.status().decisions());
            assertTrue(trial.dump().contains("the backend decides: FIFO"), trial.dump());
        }
    }
}
