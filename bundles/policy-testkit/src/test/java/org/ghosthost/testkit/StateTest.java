package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.Lab.Setting;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a successor finds: exported bytes, and 64 bytes of policy memory for each task. */
class StateTest {
    private static final String SETTINGS = "org.ghosthost.testkit.LabSettings#profiles";

    // ---- export and import

    private record Import(long value, int version) {}

    /** Exports {@code value}, notes what it imports. */
    private static PolicyRelease exporting(String name, String version, PolicyModel model, long value, int format,
            List<Import> imports) {
        return Releases.of(name, version, model, context -> new Releases.PerCpuOrGlobal(model, context) {
            @Override
            public int exportState(ByteBuffer out) {
                out.putLong(value);
                return format;
            }

            @Override
            public void importState(ByteBuffer in, int from) {
                imports.add(new Import(in.getLong(), from));
                assertFalse(in.hasRemaining(), "no more than was written");
            }
        });
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void theNextReleaseOfTheSamePolicyImportsWhatTheLastOneExported(Setting setting) {
        List<Import> imports = new ArrayList<>();
        try (Lab lab = new Lab(setting)) {
            lab.settle(exporting("edf", "1.0.0", PolicyModel.GLOBAL, 11, 3, imports));
            lab.settle(exporting("edf", "1.1.0", PolicyModel.GLOBAL, 22, 4, imports));
            assertEquals(List.of(new Import(11, 3)), imports);
            lab.settle(exporting("edf", "1.0.5", PolicyModel.GLOBAL, 33, 3, imports));
            assertEquals(List.of(new Import(11, 3), new Import(22, 4)), imports);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void ofAPerCpuPolicyEachInstanceImportsFromThatOfItsCpu(Setting setting) {
        List<Import> imports = new ArrayList<>();
        try (Lab lab = new Lab(setting)) {
            lab.settle(exporting("edf", "1.0.0", PolicyModel.PER_CPU, 11, 3, imports));
            lab.settle(exporting("edf", "1.1.0", PolicyModel.PER_CPU, 22, 3, imports));
            assertEquals(List.of(new Import(11, 3), new Import(11, 3), new Import(11, 3), new Import(11, 3)), imports);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void neitherAnotherPolicyNorAnotherModelImportsNorIsAnythingImportedThatWasNotExported(Setting setting) {
        List<Import> imports = new ArrayList<>();
        try (Lab lab = new Lab(setting)) {
            lab.settle(exporting("edf", "1.0.0", PolicyModel.GLOBAL, 11, 3, imports));
            lab.settle(exporting("sol", "1.0.0", PolicyModel.GLOBAL, 22, 3, imports));
            lab.settle(exporting("sol", "1.1.0", PolicyModel.PER_CPU, 33, 0, imports));
            lab.settle(exporting("sol", "1.2.0", PolicyModel.PER_CPU, 44, 3, imports));
            assertEquals(List.of(), imports);
        }
    }

    // ---- policy memory

    /** Counts in each task's policy memory how many wake-ups it has had, from what it inherits. */
    private static final class Remembering implements PolicyFactory {
        private final int version;
        private final List<Integer> inherited = new ArrayList<>();
        private final List<Long> found = new ArrayList<>();
        private final Set<Long> seen = new HashSet<>();
        private boolean leads;

        Remembering(int version) {
            this.version = version;
        }

        @Override
        public int policyMemoryVersion() {
            return version;
        }

        @Override
        public Policy create(PolicyContext context) {
            inherited.add(context.inherited());
            return new Releases.PerCpuOrGlobal(PolicyModel.GLOBAL, context) {
                @Override
                public void taskNew(Message message) {
                    if (seen.add(message.gtid())) { // after an overflow tasks are shown again
                        found.add(context.policyMemory().get(message.statusWord(), 0));
                    }
                    super.taskNew(message);
                }

                @Override
                public void taskWakeup(Message message) {
                    super.taskWakeup(message);
                    long mark = version * 1_000_000L + 1;
                    context.policyMemory().set(message.statusWord(), 0, leads ? mark : -1);
                    agent().policyMemory().set(message.statusWord(), 1, leads ? mark : -1);
                }

                @Override
                public void lead(Agent agent) {
                    leads = true;
                    super.lead(agent);
                }
            };
        }
    }

    private static PolicyRelease remembering(String name, String version, Remembering factory) {
        return Releases.of(name, version, PolicyModel.GLOBAL, factory);
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void theSamePolicyInheritsWhatItsPredecessorKept(Setting setting) {
        Remembering first = new Remembering(1);
        Remembering second = new Remembering(1);
        try (Lab lab = new Lab(setting)) {
            lab.settle(remembering("edf", "1.0.0", first));
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            assertTrue(first.found.stream().allMatch(value -> value == 0), "zero when a task enters: " + first.found);
            PolicyRelease next = remembering("edf", "1.1.0", second);
            lab.attach(next);
            lab.untilLeads(next);
            assertEquals(List.of(1), second.inherited);
            assertTrue(second.found.stream().filter(value -> value == 1_000_001).count() >= 10,
                    second.found.toString());
            second.found.clear();
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            assertFalse(second.found.contains(-1L), "what a follower stores has no effect");
            assertTrue(second.found.stream().allMatch(value -> value == 0), "the newborn: " + second.found);
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void anotherPolicyInheritsNothing(Setting setting) {
        Remembering first = new Remembering(1);
        Remembering other = new Remembering(1);
        Remembering third = new Remembering(1);
        try (Lab lab = new Lab(setting)) {
            lab.settle(remembering("edf", "1.0.0", first));
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.settle(remembering("sol", "1.0.0", other));
            assertEquals(List.of(0), other.inherited);
            assertTrue(other.found.stream().allMatch(value -> value == 0), "another's bytes: " + other.found);
            lab.settle(Releases.fifo("nothing", "1.0.0", PolicyModel.GLOBAL));
            lab.settle(remembering("edf", "1.1.0", third));
            assertEquals(List.of(0), third.inherited, "another policy has kept something since");
            assertTrue(third.found.stream().allMatch(value -> value == 0), "another's bytes: " + third.found);
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void aPolicyThatKeepsNothingLeavesWhatThereIsToThoseWhoComeAfterIt(Setting setting) {
        Remembering first = new Remembering(1);
        Remembering second = new Remembering(1);
        PolicyRelease one = remembering("edf", "1.0.0", first);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.manager.policies().remove(one); // the built-in FIFO bridges
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.settle(remembering("edf", "1.1.0", second));
            assertEquals(List.of(1), second.inherited);
            assertTrue(second.found.contains(1_000_001L), second.found.toString());
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void afterARollbackNobodyReadsTheLayoutOfTheReleaseThatWasRolledBack(Setting setting) {
        Remembering third = new Remembering(1);
        Probe.Record record = new Probe.Record();
        PolicyRelease one = remembering("edf", "1.0.0", new Remembering(1));
        Remembering layoutTwo = new Remembering(2);
        PolicyRelease two = Releases.of("edf", "2.0.0", PolicyModel.GLOBAL, new PolicyFactory() {
            @Override
            public Policy create(PolicyContext context) {
                return new Probe(layoutTwo.create(context), record);
            }

            @Override
            public int policyMemoryVersion() {
                return 2;
            }
        });
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.attach(two);
            lab.untilLeads(two);
            lab.run(20 * Lab.MS);
            record.throwIn("schedule", Probe.When.ONCE_IT_HAS_LED);
            lab.untilLeads(one);
            lab.settle(remembering("edf", "1.1.0", third));
            assertEquals(List.of(1), third.inherited);
            assertTrue(third.found.stream().allMatch(value -> value == 0 || value == 1_000_001),
                    third.found.toString());
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void aNewLayoutInheritsTheOldOneAndIsToldItsVersion(Setting setting) {
        Remembering second = new Remembering(2);
        try (Lab lab = new Lab(setting)) {
            lab.settle(remembering("edf", "1.0.0", new Remembering(1)));
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 20 * Lab.MS);
            lab.settle(remembering("edf", "2.0.0", second));
            assertEquals(List.of(1), second.inherited);
            assertTrue(second.found.contains(1_000_001L), second.found.toString());
            lab.finish(workload);
        }
    }

    // ---- who does not lead

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void aPredecessorThatDecidesAlthoughItWasReplacedIsForgotten(Setting setting) {
        for (PolicyModel model : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
            List<String> refusals = new ArrayList<>();
            boolean[] replaced = {false};
            PolicyRelease zombie = Releases.of("zombie", "1.0.0", model,
                    context -> new Releases.PerCpuOrGlobal(model, context) {
                        @Override
                        public void taskWakeup(Message message) {
                            super.taskWakeup(message);
                            if (replaced[0]) {
                                try {
                                    agent().run(context.cpus().last(), message.gtid(), message.seqnum());
                                } catch (IllegalStateException e) {
                                    refusals.add(String.valueOf(e.getMessage()));
                                    throw e;
                                }
                            }
                        }
                    });
            PolicyRelease next = Releases.fifo("next", "1.0.0", PolicyModel.GLOBAL);
            try (Lab lab = new Lab(setting)) {
                lab.settle(zombie);
                LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
                Handoff way = lab.attach(next);
                lab.untilLeads(next);
                replaced[0] = true;
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
                assertEquals(List.of("zombie 1.0.0 does not lead and cannot decide"), refusals);
                lab.until("the handoff ends", () -> way.state().isFinal());
                assertEquals(HandoffState.COMMITTED, way.state());
                assertEquals(next, lab.enclave.policy());
                lab.finish(workload);
            }
        }
    }

    @ParameterizedTest
    @MethodSource(SETTINGS)
    void aFollowerThatDecidesBeforeItLeadsIsPutOut(Setting setting) {
        PolicyRelease good = Releases.fifo("good", "1.0.0", PolicyModel.PER_CPU);
        PolicyRelease hasty = Releases.of("hasty", "1.0.0", PolicyModel.GLOBAL,
                context -> new Releases.PerCpuOrGlobal(PolicyModel.GLOBAL, context) {
                    @Override
                    public void taskNew(Message message) {
                        super.taskNew(message);
                        agent().run(context.cpus().last(), message.gtid(), message.seqnum());
                    }
                });
        try (Lab lab = new Lab(setting)) {
            lab.settle(good);
            LabWorkload workload = lab.load(12, LabWorkload.FOR_EVER);
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            Handoff way = lab.attach(hasty);
            lab.until("the handoff ends", () -> way.state().isFinal());
            assertEquals(HandoffState.ROLLED_BACK, way.state());
            assertTrue(way.roll().reason().contains("does not lead"), way.roll().reason());
            assertEquals(good, lab.enclave.policy());
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.finish(workload);
        }
    }
}
