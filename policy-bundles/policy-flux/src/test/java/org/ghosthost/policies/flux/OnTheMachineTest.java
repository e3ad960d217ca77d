package org.ghosthost.policies.flux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.PolicyCases;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The policy on the simulated machine. */
class OnTheMachineTest extends PolicyCases {
    OnTheMachineTest() {
        super("flux", PolicyModel.GLOBAL, new Flux());
    }

    @Test
    void aSliceSharesTheCpus() throws Exception {
        try (PolicyTrial trial = trial(machine(Profile.GHOST, 1), Map.of(Flux.SLICE, "1ms"))) {
            trial.load("spin:tasks=10");
            trial.runFor(100 * MS);
            trial.assertSound("flux");
            assertTrue(trial.longestWaitNs() < 3 * MS, trial + ": longest wait, ns " + trial.longestWaitNs());
        }
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 2"})
    void withProvisioningTasksOfNegativeNiceValueRunFirstAndTheOthersOnWhatIsLeft(Profile profile, long seed)
            throws Exception {
        Map<String, String> provisioned = Map.of(Flux.PROVISIONING, "true", Flux.MAX_PRIO_CPUS, "2");
        try (PolicyTrial trial = trial(machine(profile, seed), provisioned)) {
            trial.load("spin:tasks=6,nice=5");
            trial.runFor(20 * MS);
            trial.load("spin:tasks=4,nice=-5");
            trial.load("spin:tasks=2,nice=0");
            trial.runFor(80 * MS);
            trial.assertSound("flux");
            assertRuns(trial, -5, 2);
            assertRuns(trial, 0, 2);
            assertRuns(trial, 5, 1);
        }
    }

    private static void assertRuns(PolicyTrial trial, int nice, long wanted) {
        long running = trial.tasks().stream()
                .filter(task -> task.nice() == nice && task.state().equals("running")).count();
        assertTrue(running >= wanted - 1 && running <= wanted + (nice == 5 ? 1 : 0),
                () -> trial + ": " + running + " of nice " + nice + " run\n" + trial.dump());
    }
}
