package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.FaultPlan;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.testkit.Lab.Setting;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Enclaves end at any moment: by command, by the watchdog, from below. Their threads go on. */
class EndTest {
    private static final String SETTINGS = "org.ghosthost.testkit.LabSettings#settings";

    static Stream<Arguments> momentsOfAHandoff() {
        List<Arguments> all = new ArrayList<>();
        LabSettings.profiles().forEach(setting -> {
            for (HandoffState state : List.of(HandoffState.FOLLOWING, HandoffState.PROBATION, HandoffState.COMMITTED)) {
                for (PolicyModel from : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
                    for (PolicyModel to : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
                        all.add(Arguments.of(setting, state, from, to));
                    }
                }
            }
        });
        return all.stream();
    }

    private static void assertGone(Lab lab, LabWorkload workload) {
        assertFalse(lab.enclave.alive());
        assertNotNull(lab.enclave.destroyedBecause());
        String sentence = refusal(() -> lab.enclave.attach(Releases.fifo("late", "1.0.0", PolicyModel.PER_CPU),
                Map.of()));
        assertTrue(sentence.startsWith("enclave 1 is gone"), sentence);
        workload.stop();
        lab.until("the threads end outside: " + workload.unfinished(), () -> workload.unfinished().isEmpty());
    }

    private static String refusal(Executable refused) {
        String sentence = assertThrows(EnclaveException.class, refused).getMessage();
        assertEquals(1, sentence.lines().count(), sentence);
        return sentence;
    }

    @ParameterizedTest
    @MethodSource("momentsOfAHandoff")
    void anEnclaveThatIsDestroyedInMidHandoffLosesNoThread(Setting setting, HandoffState moment, PolicyModel from,
            PolicyModel to) throws EnclaveException {
        Probe.Record record = new Probe.Record();
        try (Lab lab = new Lab(setting)) {
            lab.settle(Releases.fifo("one", "1.0.0", from, record));
            LabWorkload workload = lab.load(20, LabWorkload.FOR_EVER, 3);
            lab.run(5 * Lab.MS);
            Handoff way = lab.attach(Releases.fifo("two", "1.0.0", to, record));
            lab.until("the handoff is " + moment, () -> way.state() == moment);
            lab.manager.destroy(1);
            Map<String, Integer> before = Map.copyOf(record.calls);
            lab.run(Lab.MS);
            assertEquals(before, record.calls, "a policy of a destroyed enclave was called");
            assertGone(lab, workload);
            assertEquals(List.of(), lab.manager.enclaves());
            assertTrue(refusal(() -> lab.manager.enclave(1)).contains("there is no enclave 1"));
            Enclave next = lab.make(1, CpuSet.range(0, Lab.CPUS - 1));
            assertTrue(next.alive());
        }
    }

    /** A policy that forgets its tasks starves them, unless the machine lets them run by itself, as sched_ext may. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void aPolicyThatSchedulesNobodyIsEndedByTheWatchdog(long seed) throws EnclaveException {
        Policy idle = agent -> Policy.UNTIL_MESSAGE;
        PolicyRelease lazy = Releases.of("lazy", "1.0.0", PolicyModel.PER_CPU, context -> idle);
        try (Lab lab = new Lab(new Setting(Profile.GHOST, seed))) {
            lab.settle(lazy);
            lab.enclave.setTunable("runnable_timeout", "20");
            LabWorkload workload = lab.load(6, LabWorkload.FOR_EVER);
            lab.until("the watchdog barks", () -> !lab.enclave.alive());
            String why = String.valueOf(lab.enclave.destroyedBecause());
            assertTrue(why.contains("runnable"), why);
            assertGone(lab, workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void anEnclaveThatIsLostFromBelowIsGoneAndSaysWhy(Setting setting) {
        FaultPlan losses = new FaultPlan(0, 0, 0, 20_000);
        try (Lab lab = new Lab(setting, null, config -> config.withFaults(losses))) {
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            PolicyRelease[] releases = {Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL),
                    Releases.fifo("two", "1.0.0", PolicyModel.PER_CPU)};
            for (int i = 0; i < 2000 && lab.enclave.alive(); i++) {
                try {
                    lab.enclave.attach(releases[i % 2], Map.of());
                } catch (EnclaveException e) {
                    assertEquals(1, String.valueOf(e.getMessage()).lines().count(), e.getMessage());
                }
                lab.run(Lab.MS);
            }
            assertGone(lab, workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void twoEnclavesDoNotDisturbEachOther(Setting setting) throws EnclaveException {
        try (Lab lab = new Lab(setting)) {
            lab.manager.destroy(1);
            Enclave one = lab.make(1, CpuSet.range(0, 1));
            Enclave two = lab.make(2, CpuSet.range(2, 3));
            assertTrue(refusal(() -> lab.manager.create(3, CpuSet.of(1))).contains("1"));
            LabWorkload inOne = new LabWorkload(8, LabWorkload.FOR_EVER, 0, 2);
            LabWorkload inTwo = new LabWorkload(8, LabWorkload.FOR_EVER, 0, 2).on(2);
            lab.kernel.load(inOne, 1);
            lab.kernel.load(inTwo, 2);
            Probe.Record bad = new Probe.Record();
            one.attach(Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL, bad), Map.of());
            two.attach(Releases.fifo("two", "1.0.0", PolicyModel.GLOBAL), Map.of());
            lab.until("both lead", () -> one.policy() != null && two.policy() != null);
            bad.throwIn("schedule", Probe.When.ALWAYS);
            lab.until("one throws", bad::thrown);
            lab.run(Lab.MS);
            assertEquals("two", two.policy().name());
            List<Integer> before = inTwo.progress();
            lab.run(10 * Lab.MS);
            assertEquals(List.of(), inTwo.stuckSince(before));
            lab.manager.destroy(1);
            before = inTwo.progress();
            lab.run(10 * Lab.MS);
            assertEquals(List.of(), inTwo.stuckSince(before));
            inOne.stop();
            inTwo.stop();
            lab.until("all threads end", () -> inOne.unfinished().isEmpty() && inTwo.unfinished().isEmpty());
            assertEquals(0, two.status().tasks());
            assertEquals(0, two.status().lostTasks());
        }
    }

    /** A policy may also ask for what does not exist; that is its fault and ends it, not the host. */
    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aPolicyThatAsksForTheImpossibleIsPutOut(Setting setting) {
        List<String> wrong = List.of("a CPU of nobody", "an own end of a group", "a timer in nowhere");
        for (String what : wrong) {
            PolicyRelease silly = Releases.of("silly", "1.0.0", PolicyModel.PER_CPU,
                    context -> new Releases.PerCpuOrGlobal(PolicyModel.PER_CPU, context) {
                        @Override
                        public long schedule(Agent agent) {
                            switch (what) {
                                case "a CPU of nobody" -> agent.run(99, 1, 1);
                                case "an own end of a group" -> agent.endSyncGroup();
                                default -> agent.armTimer(99, 1, 1, 1);
                            }
                            return super.schedule(agent);
                        }
                    });
            try (Lab lab = new Lab(setting)) {
                LabWorkload workload = lab.load(8, LabWorkload.FOR_EVER);
                Handoff way = lab.attach(silly);
                lab.until("the handoff ends", () -> way.state().isFinal());
                assertEquals(HandoffState.ROLLED_BACK, way.state(), what);
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
                lab.finish(workload);
            }
        }
    }
}
