package org.ghosthost.policies.sol;

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
        super("sol", PolicyModel.GLOBAL, new Sol());
    }

    @Test
    void aSliceSharesTheCpus() throws Exception {
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), Map.of(FifoPolicy.PREEMPTION_TIME_SLICE, "1ms"))) {
            trial.load("spin:tasks=10");
            trial.runFor(100 * MS);
            trial.assertSound("sol");
            assertTrue(trial.longestWaitNs() < 3 * MS, trial + ": longest wait, ns " + trial.longestWaitNs());
        }
    }

    @Test
    void itSaysWhatAPassCosts() throws Exception {
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), Map.of())) {
            trial.load("spin:tasks=3");
            trial.load("periodic:tasks=4,utilisation=1,period=1ms-2ms,seed=1");
            trial.runFor(100 * MS);
            String dump = trial.dump();
            assertTrue(dump.matches("(?s)[1-9][0-9]* passes, [1-9][0-9]* decisions, [0-9]+ of them refused; "
                    + "a pass that decides takes [1-9][0-9]* ns\n.*"), dump);
        }
    }
}
