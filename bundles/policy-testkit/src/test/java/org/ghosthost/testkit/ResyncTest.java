package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.FaultPlan;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.Lab.Setting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Queues overflow: messages are lost, tasks are not. */
class ResyncTest {
    private static final int ONE_IN_FIFTY = 20_000;

    static Stream<Arguments> settingsAndModels() {
        Stream<Arguments> all = LabSettings.settings().flatMap(setting ->
                Stream.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU).map(model -> Arguments.of(setting, model)));
        // With this seed one agent showed a task to another one's policy and did not wake it.
        return Stream.concat(all, Stream.of(Arguments.of(new Setting(Profile.GHOST, 5004), PolicyModel.PER_CPU)));
    }

    private static Lab overflowing(Setting setting) {
        return new Lab(setting, null, config -> config.withFaults(new FaultPlan(0, 0, ONE_IN_FIFTY, 0)));
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void afterAnOverflowTheStatusWordsTellAndNoTaskIsLost(Setting setting, PolicyModel model) {
        try (Lab lab = overflowing(setting)) {
            lab.settle(Releases.fifo("one", "1.0.0", model));
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER, 3);
            for (int i = 0; i < 4; i++) {
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
            }
            lab.finish(workload);
            assertTrue(lab.enclave.status().overflows() > 10, "overflows: " + lab.enclave.status().overflows());
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aRollAmidOverflowsLosesNoTask(Setting setting, PolicyModel model) {
        PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", model), Releases.fifo("two", "1.0.0",
                PolicyModel.GLOBAL), Releases.fifo("three", "1.0.0", PolicyModel.PER_CPU)};
        try (Lab lab = overflowing(setting)) {
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER, 3);
            for (int i = 0; i < 12; i++) {
                lab.attach(releases[i % releases.length]);
                lab.untilLeads(releases[i % releases.length]);
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
            }
            lab.finish(workload);
            assertEquals(List.of(), lab.enclave.tasks());
        }
    }

    /** So many messages are lost, so few status words are there, that a late message meets its word's next owner. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void amidManyOverflowsAndBirthsNobodyIsTakenForSomebodyElse(Setting setting, PolicyModel model) {
        FaultPlan often = new FaultPlan(0, 0, 10 * ONE_IN_FIFTY, 0);
        try (Lab lab = new Lab(setting, null, config -> config.withFaults(often).withStatusWords(48))) {
            lab.settle(Releases.fifo("one", "1.0.0", model));
            LabWorkload workload = lab.load(18, LabWorkload.FOR_EVER, 6);
            lab.run(40 * Lab.MS);
            lab.finish(workload);
            assertTrue(workload.born() > 50, "born: " + workload.born());
        }
    }

    /** Agents that are held up let real queues run full, not by a throw of the dice. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void anAgentThatIsHeldUpForLongLosesNoTask(Setting setting, PolicyModel model) {
        FaultPlan stalls = new FaultPlan(5_000, 2 * Lab.MS, 0, 0);
        try (Lab lab = new Lab(setting, null, config -> config.withFaults(stalls))) {
            lab.settle(Releases.fifo("one", "1.0.0", model));
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER, 3);
            PolicyRelease next = Releases.fifo("two", "1.0.0", PolicyModel.GLOBAL);
            lab.run(10 * Lab.MS);
            lab.attach(next);
            lab.untilLeads(next);
            lab.run(20 * Lab.MS);
            lab.finish(workload);
        }
    }
}
