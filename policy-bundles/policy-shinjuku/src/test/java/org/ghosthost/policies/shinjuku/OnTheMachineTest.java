package org.ghosthost.policies.shinjuku;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("shinjuku", PolicyModel.GLOBAL, new Shinjuku());
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 2"})
    void workersThatSpinForWorkAreServedAndPutOffTheirCpus(Profile profile, long seed) throws Exception {
        try (PolicyTrial trial = trial(machine(profile, seed), Map.of())) {
            trial.load("poisson:rate=20000,mix=20us,workers=20,wait=spin");
            trial.runFor(100 * MS);
            trial.assertSound("shinjuku");
            assertTrue(trial.jobs() > 1_800, () -> trial + ": jobs " + trial.jobs() + "\n" + trial.dump());
        }
    }
}
