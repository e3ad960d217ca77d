package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.testkit.Lab.Setting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A release takes over from another, under load, and nothing is lost. */
class RollTest {
    static Stream<Arguments> settingsAndModels() {
        List<Arguments> all = new ArrayList<>();
        LabSettings.settings().forEach(setting -> {
            for (PolicyModel from : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
                for (PolicyModel to : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
                    all.add(Arguments.of(setting, from, to));
                }
            }
        });
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#settings")
    void theBuiltInFifoRunsAnEnclaveWithoutAPolicy(Setting setting) {
        try (Lab lab = new Lab(setting)) {
            assertNull(lab.enclave.policy());
            LabWorkload workload = lab.load(20, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.finish(workload);
            lab.assertMessagesConserved();
            assertEquals(List.of(), lab.story());
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#settings")
    void aReleaseAttachedToANewEnclaveLeads(Setting setting) {
        for (PolicyModel model : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
            attachToANewEnclave(setting, Releases.fifo("one", "1.0.0", model));
        }
    }

    private static void attachToANewEnclave(Setting setting, PolicyRelease release) {
        try (Lab lab = new Lab(setting)) {
            Handoff way = lab.attach(release);
            lab.untilLeads(release);
            lab.until("the handoff ends", () -> way.state().isFinal());
            assertEquals(HandoffState.COMMITTED, way.state());
            LabWorkload workload = lab.load(20, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.finish(workload);
            lab.assertMessagesConserved();
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aRollUnderLoadKeepsEveryTaskAndEveryMessage(Setting setting, PolicyModel from, PolicyModel to) {
        PolicyRelease first = Releases.fifo("one", "1.0.0", from);
        PolicyRelease second = Releases.fifo("two", "1.0.0", to);
        try (Lab lab = new Lab(setting)) {
            lab.settle(first);
            LabWorkload workload = lab.load(40, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            Handoff way = lab.attach(second);
            lab.untilLeads(second);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.until("the handoff ends", () -> way.state().isFinal());
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.finish(workload);
            lab.assertMessagesConserved();
            Roll roll = lab.history().getLast();
            assertEquals(Roll.Outcome.COMMITTED, roll.outcome(), roll.toString());
            assertEquals("one 1.0.0", roll.from());
            assertEquals("two 1.0.0", roll.to());
            assertEquals(roll.tasksBefore(), roll.tasksAfter(), roll.toString());
            assertTrue(roll.tasksBefore() > 30, roll.toString());
            assertTrue(roll.blackoutNs() > 0, roll.toString());
        }
    }

    /** What the threads do does not depend on who schedules them: with and without a roll they do the same. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aRunWithARollDoesTheSameWorkAsARunWithout(Setting setting, PolicyModel from, PolicyModel to) {
        assertEquals(work(setting, from, null), work(setting, from, to));
    }

    private static Map<String, Integer> work(Setting setting, PolicyModel from, PolicyModel to) {
        try (Lab lab = new Lab(setting)) {
            lab.settle(Releases.fifo("one", "1.0.0", from));
            LabWorkload workload = lab.load(24, 60);
            lab.run(2 * Lab.MS);
            if (to != null) {
                lab.attach(Releases.fifo("two", "1.0.0", to));
            }
            lab.until("all threads end", () -> workload.unfinished().isEmpty());
            lab.run(Lab.MS);
            lab.assertSound();
            lab.assertMessagesConserved();
            return workload.work();
        }
    }

    /** With decisions on their way, without an outcome, at any moment. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void rollsOfPoliciesWhoseOutcomesComeLateLoseNothing(Setting setting, PolicyModel one, PolicyModel other) {
        try (Lab lab = new Lab(setting)) {
            PolicyRelease[] releases = {Releases.unhurried("one", "1.0.0", one),
                    Releases.unhurried("other", "1.0.0", other)};
            LabWorkload workload = lab.load(16, LabWorkload.FOR_EVER);
            for (int i = 0; i < 12; i++) {
                lab.attach(releases[i % 2]);
                lab.untilLeads(releases[i % 2]);
                lab.runAndSeeProgress(workload, 8 * Lab.MS);
            }
            lab.finish(workload);
            lab.assertMessagesConserved();
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void theLeadPassesSoonThoughTheAgentsOfManyCpusAreBusy(Setting setting) {
        PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", PolicyModel.PER_CPU),
                Releases.fifo("two", "1.0.0", PolicyModel.PER_CPU)};
        MachineConfig many = MachineConfig.of(Topology.parse("32"), setting.seed()).withProfile(setting.profile())
                .withStatusWords(512);
        try (Lab lab = new Lab(setting, null, config -> many)) {
            lab.manager.close();
            Enclave wide = lab.make(2, CpuSet.range(0, 31));
            LabWorkload workload = new LabWorkload(150, LabWorkload.FOR_EVER, 0, 32);
            lab.kernel.load(workload, 2);
            for (PolicyRelease release : releases) {
                lab.run(Lab.MS);
                assertDoesNotThrow(() -> wide.attach(release, Map.of()));
                lab.run(Lab.MS);
                assertEquals(release, wide.policy(), "a millisecond is plenty");
            }
            workload.stop();
            lab.until("all threads end", () -> workload.unfinished().isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#settings")
    void theSameRunWithRollsHasTheSameTraceEachTime(Setting setting) {
        assertEquals(trace(setting), trace(setting));
    }

    private static long trace(Setting setting) {
        PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL),
                Releases.fifo("two", "1.0.0", PolicyModel.PER_CPU)};
        try (Lab lab = new Lab(setting)) {
            LabWorkload workload = lab.load(16, LabWorkload.FOR_EVER, 2);
            for (int i = 0; i < 6; i++) {
                lab.attach(releases[i % 2]);
                lab.run(3 * Lab.MS);
            }
            lab.finish(workload);
            return lab.kernel.traceHash();
        }
    }

    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void twentyRollsToAndFroUnderLoadLoseNothing(Setting setting, PolicyModel one, PolicyModel other) {
        try (Lab lab = new Lab(setting)) {
            LabWorkload workload = lab.load(30, LabWorkload.FOR_EVER);
            PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", one), Releases.fifo("other", "1.0.0", other)};
            for (int i = 0; i < 20; i++) {
                PolicyRelease next = releases[i % 2];
                lab.attach(next);
                lab.untilLeads(next);
                lab.runAndSeeProgress(workload, 8 * Lab.MS);
            }
            lab.finish(workload);
            lab.assertMessagesConserved();
            List<Roll> rolls = lab.history();
            assertEquals(20, rolls.size());
            for (Roll roll : rolls) {
                assertEquals(roll.tasksBefore(), roll.tasksAfter(), roll.toString());
            }
            assertEquals(21, lab.enclave.status().generation());
        }
    }

    /** The roll is asked for at many different moments: with tasks running, blocked, being born, dying. */
    @ParameterizedTest
    @MethodSource("settingsAndModels")
    void aRollMayBeAskedForAtAnyMoment(Setting setting, PolicyModel from, PolicyModel to) {
        try (Lab lab = new Lab(setting)) {
            PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", from), Releases.fifo("two", "1.0.0", to)};
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            for (int i = 0; i < 60; i++) {
                PolicyRelease next = releases[i % 2];
                lab.run(500 * Lab.US + i * 377L + i * i * 13L);
                lab.attach(next);
                lab.untilLeads(next);
            }
            lab.runAndSeeProgress(workload, 8 * Lab.MS);
            lab.finish(workload);
            lab.assertMessagesConserved();
            assertTrue(workload.born() > 50, "born: " + workload.born());
        }
    }
}
