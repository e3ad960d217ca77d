package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.Lab.Setting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A release whose bundle is stopped or updated: none of its code runs when its removal returns. */
class RemovalTest {
    private final Probe.Record record = new Probe.Record();

    static Stream<Arguments> settingsAndModels() {
        return LabSettings.settings().flatMap(setting -> Stream.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)
                .map(model -> Arguments.of(setting, model)));
    }

    private void assertNotCalledAnyMore(Lab lab, LabWorkload workload) {
        TreeMap<String, Integer> before = new TreeMap<>(record.calls);
        lab.runAndSeeProgress(workload, 10 * Lab.MS);
        assertEquals(before, record.calls, "code of a removed release ran");
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void theLeaderIsBridgedByTheBuiltInFifoAtOnce(Setting setting, PolicyModel model) {
        PolicyRelease release = Releases.fifo("edf", "1.0.0", model, record);
        try (Lab lab = new Lab(setting)) {
            lab.manager.policies().add(release);
            lab.untilLeads(release);
            lab.until("it leads for good", () -> lab.enclave.status().handoff().isEmpty());
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER);
            lab.run(5 * Lab.MS + 123_457);
            int tasks = lab.enclave.status().tasks();
            lab.manager.policies().remove(release);
            assertNull(lab.enclave.policy(), "at once");
            assertEquals(tasks, lab.enclave.status().tasks());
            assertNotCalledAnyMore(lab, workload);
            Roll bridge = lab.history().getLast();
            assertTrue(bridge.reason().contains("was taken out"), bridge.toString());
            assertFalse(lab.manager.policies().isRejected(release), "it did nothing wrong");
            assertEquals(List.of(), lab.manager.policies().releases());
            lab.manager.policies().add(release); // an update: the next one is taken, by the rule
            lab.untilLeads(release);
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aLeaderOnProbationGivesTheLeadBackToItsPredecessor(Setting setting, PolicyModel model) {
        PolicyRelease one = Releases.fifo("edf", "1.0.0", PolicyModel.GLOBAL);
        PolicyRelease two = Releases.fifo("edf", "1.1.0", model, record);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER);
            Handoff way = lab.attach(two);
            lab.untilLeads(two);
            lab.run(2 * Lab.MS);
            lab.manager.policies().remove(two);
            assertEquals(one, lab.enclave.policy());
            assertEquals(HandoffState.ROLLED_BACK, way.state());
            assertEquals(Roll.Outcome.REMOVED, way.roll().outcome());
            assertNotCalledAnyMore(lab, workload);
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aPredecessorThatStillFollowsIsForgottenAndTheLeaderStays(Setting setting, PolicyModel model) {
        PolicyRelease one = Releases.fifo("edf", "1.0.0", model, record);
        PolicyRelease two = Releases.fifo("edf", "1.1.0", PolicyModel.GLOBAL);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER);
            Handoff way = lab.attach(two);
            lab.untilLeads(two);
            lab.run(2 * Lab.MS);
            lab.manager.policies().remove(one);
            assertEquals(two, lab.enclave.policy());
            assertEquals(HandoffState.COMMITTED, way.state());
            assertNotCalledAnyMore(lab, workload);
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aFollowerIsForgottenAndTheLeaderStays(Setting setting, PolicyModel model) {
        PolicyRelease one = Releases.fifo("edf", "1.0.0", PolicyModel.PER_CPU);
        PolicyRelease two = Releases.fifo("edf", "1.1.0", model, record);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER);
            lab.run(2 * Lab.MS);
            Handoff way = lab.attach(two);
            assertEquals(HandoffState.FOLLOWING, way.state());
            lab.manager.policies().remove(two);
            assertEquals(one, lab.enclave.policy());
            assertEquals(HandoffState.ROLLED_BACK, way.state());
            assertEquals(Roll.Outcome.REMOVED, way.roll().outcome());
            assertNotCalledAnyMore(lab, workload);
            lab.finish(workload);
        }
    }

    /** The leader goes while another release follows: the FIFO leads until that one does. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aLeaderThatGoesWhileAnotherFollowsIsBridged(Setting setting, PolicyModel model) {
        PolicyRelease one = Releases.fifo("edf", "1.0.0", model, record);
        PolicyRelease two = Releases.fifo("edf", "1.1.0", PolicyModel.GLOBAL);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(24, LabWorkload.FOR_EVER);
            lab.run(2 * Lab.MS);
            lab.attach(two);
            lab.manager.policies().remove(one);
            assertNull(lab.enclave.policy());
            lab.untilLeads(two);
            assertNotCalledAnyMore(lab, workload);
            lab.finish(workload);
        }
    }
}
