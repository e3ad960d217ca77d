package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.testkit.Lab.Setting;
import org.ghosthost.testkit.Probe.When;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which release an enclave takes by itself, which only when told, and what it refuses. */
class RollingRuleTest {
    private static final Setting SETTING = new Setting(Profile.GHOST, 3);

    private final PolicyRelease v10 = release("edf", "1.0.0");
    private final PolicyRelease v11 = release("edf", "1.1.0");

    private static PolicyRelease release(String name, String version) {
        return Releases.fifo(name, version, PolicyModel.PER_CPU);
    }

    private static String refusal(Executable refused) {
        String sentence = assertThrows(EnclaveException.class, refused).getMessage();
        assertEquals(1, sentence.lines().count(), "one sentence: " + sentence);
        return sentence;
    }

    private static void settled(Lab lab) {
        lab.until("no handoff is under way", () -> lab.enclave.status().handoff().isEmpty());
    }

    // ---- the rule

    @Test
    void anEnclaveWithoutAPolicyTakesWhatIsInstalled() {
        try (Lab lab = new Lab(SETTING)) {
            List<String> said = lab.manager.policies().add(v11);
            assertEquals(List.of("enclave 1 takes edf 1.1.0"), said);
            lab.untilLeads(v11);
        }
    }

    @Test
    void aHigherVersionOfTheSamePolicyIsTakenAndALowerOneWaits() {
        PolicyRelease v9 = release("edf", "1.0.0.alpha");
        try (Lab lab = new Lab(SETTING)) {
            lab.manager.policies().add(v11);
            lab.untilLeads(v11);
            settled(lab);
            lab.manager.policies().add(v10);
            lab.manager.policies().add(v9);
            lab.run(Lab.MS);
            assertEquals(v11, lab.enclave.policy());
            PolicyRelease v20 = release("edf", "2.0.0");
            assertEquals(List.of("enclave 1 rolls from edf 1.1.0 to edf 2.0.0"), lab.manager.policies().add(v20));
            lab.untilLeads(v20);
            assertEquals(List.of(v9, v10, v11, v20).size(), lab.manager.policies().releases().size());
        }
    }

    @Test
    void anotherPolicyWaitsForTheOperator() {
        PolicyRelease other = release("shinjuku", "9.0.0");
        try (Lab lab = new Lab(SETTING)) {
            lab.manager.policies().add(v10);
            lab.untilLeads(v10);
            settled(lab);
            String said = lab.manager.policies().add(other).getFirst();
            assertTrue(said.contains("ghost:attach"), said);
            lab.run(Lab.MS);
            assertEquals(v10, lab.enclave.policy());
            lab.settle(other);
        }
    }

    @Test
    void withAutoRollOffAHigherVersionWaitsAndWithItOnAgainTheNextIsTaken() throws EnclaveException {
        try (Lab lab = new Lab(SETTING)) {
            lab.manager.policies().add(v10);
            lab.untilLeads(v10);
            settled(lab);
            lab.enclave.setTunable("auto_roll", "0");
            assertEquals("0", lab.enclave.tunables().get("auto_roll"));
            String said = lab.manager.policies().add(v11).getFirst();
            assertTrue(said.contains("auto_roll off"), said);
            lab.run(Lab.MS);
            assertEquals(v10, lab.enclave.policy());
            lab.enclave.setTunable("auto_roll", "1");
            PolicyRelease v12 = release("edf", "1.2.0");
            lab.manager.policies().add(v12);
            lab.untilLeads(v12);
        }
    }

    @Test
    void eachEnclaveDecidesForItself() throws EnclaveException {
        try (Lab lab = new Lab(SETTING)) {
            lab.manager.destroy(1);
            Enclave one = lab.make(1, CpuSet.range(0, 1));
            Enclave two = lab.make(2, CpuSet.range(2, 3));
            one.attach(release("shinjuku", "1.0.0"), Map.of());
            lab.until("it leads", () -> one.policy() != null);
            List<String> said = lab.manager.policies().add(v10);
            assertEquals(2, said.size());
            lab.until("the other one takes it", () -> v10.equals(two.policy()));
            assertEquals("shinjuku", one.policy().name());
        }
    }

    // ---- what was rolled back

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aReleaseThatWasRolledBackIsNeverTakenAgainByItselfNotEvenAfterARestart(Setting setting, @TempDir Path state) {
        Probe.Record record = new Probe.Record();
        PolicyRelease bad = Releases.fifo("edf", "1.1.0", PolicyModel.PER_CPU, record);
        record.throwIn("schedule", When.ONCE_IT_HAS_LED);
        try (Lab lab = new Lab(setting, state, config -> config)) {
            lab.manager.policies().add(v10);
            lab.untilLeads(v10);
            settled(lab);
            lab.manager.policies().add(bad);
            lab.until("it throws", record::thrown);
            lab.untilLeads(v10);
            lab.manager.policies().remove(bad);
            assertNeverTaken(lab, bad);
            assertEquals(v10, lab.enclave.policy());
        }
        try (Lab lab = new Lab(setting, state, config -> config)) {
            assertNeverTaken(lab, v11);
            assertNull(lab.enclave.policy());
            assertEquals(Optional.empty(), lab.manager.policies().find("edf", ""));
            assertEquals(Optional.of(v11), lab.manager.policies().find("edf", "1.1.0"));
            lab.settle(v11); // the operator may
            assertEquals(v11, lab.enclave.policy());
        }
    }

    private static void assertNeverTaken(Lab lab, PolicyRelease bad) {
        String said = lab.manager.policies().add(bad).getFirst();
        assertTrue(said.contains("rolled back once") && said.contains("ghost:roll"), said);
        lab.run(5 * Lab.MS);
        assertFalse(bad.equals(lab.enclave.policy()));
    }

    @Test
    void anOperatorsRollbackLeadsBackAndIsRemembered() throws EnclaveException {
        try (Lab lab = new Lab(SETTING)) {
            assertTrue(refusal(lab.enclave::rollback).contains("built-in FIFO"));
            lab.manager.policies().add(v10);
            lab.untilLeads(v10);
            settled(lab);
            lab.manager.policies().add(v11);
            lab.untilLeads(v11);
            LabWorkload workload = lab.load(16, LabWorkload.FOR_EVER);
            lab.enclave.rollback();
            lab.untilLeads(v10);
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            settled(lab);
            assertTrue(lab.manager.policies().isRejected(v11));
            assertEquals(v10, lab.enclave.policy());
            lab.finish(workload);
        }
    }

    // ---- what is refused

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aRollWhileAnotherIsUnderWayIsRefusedAndTheOtherGoesOn(Setting setting) {
        try (Lab lab = new Lab(setting)) {
            lab.settle(v10);
            Handoff way = lab.attach(v11);
            String sentence = refusal(() -> lab.enclave.attach(release("edf", "1.2.0"), Map.of()));
            assertTrue(sentence.contains("enclave 1") && sentence.contains("edf 1.1.0"), sentence);
            lab.untilLeads(v11);
            lab.until("the first ends", () -> way.state().isFinal());
            assertEquals(HandoffState.COMMITTED, way.state());
        }
    }

    @Test
    void theReleaseThatLeadsIsRefused() {
        try (Lab lab = new Lab(SETTING)) {
            lab.settle(v10);
            assertTrue(refusal(() -> lab.enclave.roll(v10)).contains("edf 1.0.0 already"));
        }
    }

    @Test
    void aReleaseThatNeedsWhatTheBackendLacksIsRefusedBeforeAnythingIsMade() {
        PolicyFactory factory = context -> {
            throw new AssertionError("made all the same");
        };
        PolicyRelease needy = Releases.of("chain", "1.0.0", PolicyModel.PER_CPU, factory, Feature.SWITCHTO);
        try (Lab lab = new Lab(new Setting(Profile.SCHED_EXT, 3))) {
            String sentence = refusal(() -> lab.enclave.attach(needy, Map.of()));
            assertTrue(sentence.contains("chain 1.0.0") && sentence.contains("switchto"), sentence);
        }
    }

    @Test
    void aGlobalPolicyIsRefusedByAnEnclaveOfOneCpu() throws EnclaveException {
        try (Lab lab = new Lab(SETTING)) {
            lab.manager.destroy(1);
            Enclave narrow = lab.make(1, CpuSet.of(2));
            String sentence = refusal(() -> narrow.attach(Releases.fifo("g", "1.0.0", PolicyModel.GLOBAL), Map.of()));
            assertTrue(sentence.contains("2 or more CPUs"), sentence);
            narrow.attach(v10, Map.of());
            lab.until("it leads", () -> v10.equals(narrow.policy()));
        }
    }

    @Test
    void aConfigurationThatThePolicyDoesNotKnowIsRefusedWithTheKey() {
        PolicyRelease keyed = Releases.of("keyed", "1.0.0", PolicyModel.PER_CPU, new PolicyFactory() {
            @Override
            public Policy create(PolicyContext context) {
                assertEquals(50_000, context.configuration().durationNs("slice"));
                return Releases.fifo(PolicyModel.PER_CPU, context);
            }

            @Override
            public List<ConfigKey> configuration() {
                return List.of(ConfigKey.duration("slice", "1ms", "length of a turn"));
            }
        });
        try (Lab lab = new Lab(SETTING)) {
            assertTrue(refusal(() -> lab.enclave.attach(keyed, Map.of("slize", "1ms"))).contains("'slize'"));
            assertTrue(refusal(() -> lab.enclave.attach(keyed, Map.of("slice", "soon"))).contains("'slice'"));
            assertNull(lab.enclave.handoff());
            assertNotNull(attach(lab, keyed));
            lab.untilLeads(keyed);
        }
    }

    @Test
    void anotherConfigurationOfTheLeadingReleaseIsAnotherGeneration() {
        List<Long> slices = new ArrayList<>();
        PolicyRelease keyed = Releases.of("keyed", "1.0.0", PolicyModel.PER_CPU, new PolicyFactory() {
            @Override
            public Policy create(PolicyContext context) {
                slices.add(context.configuration().durationNs("slice"));
                return Releases.fifo(PolicyModel.PER_CPU, context);
            }

            @Override
            public List<ConfigKey> configuration() {
                return List.of(ConfigKey.duration("slice", "1ms", "length of a turn"));
            }
        });
        try (Lab lab = new Lab(SETTING)) {
            attach(lab, keyed, "50us");
            lab.untilLeads(keyed);
            int generation = lab.enclave.status().generation();
            assertTrue(refusal(() -> lab.enclave.attach(keyed, Map.of("slice", "50us"))).contains("so configured"));
            attach(lab, keyed, "2ms");
            lab.until("it leads", () -> lab.enclave.status().generation() > generation);
            assertEquals(2_000_000, slices.getLast());
            assertEquals(keyed, lab.enclave.policy());
        }
    }

    private static Handoff attach(Lab lab, PolicyRelease release) {
        return attach(lab, release, "50us");
    }

    private static Handoff attach(Lab lab, PolicyRelease release, String slice) {
        try {
            return lab.enclave.attach(release, Map.of("slice", slice));
        } catch (EnclaveException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFactoryThatThrowsIsOneSentenceAndTheEnclaveIsAsItWas() {
        PolicyRelease broken = Releases.of("broken", "1.0.0", PolicyModel.GLOBAL, context -> {
            throw new IllegalStateException("no luck");
        });
        try (Lab lab = new Lab(SETTING)) {
            lab.settle(v10);
            String sentence = refusal(() -> lab.enclave.attach(broken, Map.of()));
            assertTrue(sentence.contains("broken 1.0.0") && sentence.contains("no luck"), sentence);
            assertEquals(v10, lab.enclave.policy());
            assertEquals("", lab.enclave.status().handoff());
        }
    }
}
