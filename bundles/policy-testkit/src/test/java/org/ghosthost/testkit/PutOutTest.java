package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.Lab.Setting;
import org.ghosthost.testkit.Probe.When;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A policy that throws is put out, whenever and wherever it throws; the enclave and its threads go on. */
class PutOutTest {
    private static final List<String> COMMON = List.of("taskNew", "taskWakeup", "taskBlocked", "taskPreempted",
            "taskYield", "taskDead", "taskDeparted", "taskAffinityChanged", "taskPriorityChanged", "cpuTick",
            "cpuAvailable", "cpuBusy", "committed");

    static Stream<Arguments> whereALeaderThrows() {
        return places(List.of("schedule"));
    }

    static Stream<Arguments> whereAFollowerThrows() {
        return places(List.of("attached", "discoveryComplete"));
    }

    private static Stream<Arguments> places(List<String> more) {
        List<Arguments> all = new ArrayList<>();
        LabSettings.profiles().forEach(setting -> {
            for (PolicyModel model : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
                List<String> callbacks = new ArrayList<>(COMMON);
                callbacks.addAll(more);
                if (model == PolicyModel.PER_CPU && more.contains("schedule")) {
                    callbacks.add("received");
                }
                callbacks.forEach(callback -> all.add(Arguments.of(setting, model, callback)));
            }
        });
        return all.stream();
    }

    /** Threads of the enclave, and load of other classes, so that every kind of message comes. */
    private static LabWorkload load(Lab lab) {
        try {
            lab.enclave.setTunable("deliver_ticks", "1");
            lab.enclave.setTunable("deliver_cpu_availability", "1");
        } catch (EnclaveException e) {
            throw new AssertionError(e);
        }
        return lab.load(14, LabWorkload.FOR_EVER, 3);
    }

    private static PolicyModel other(PolicyModel model) {
        return model == PolicyModel.GLOBAL ? PolicyModel.PER_CPU : PolicyModel.GLOBAL;
    }

    @ParameterizedTest
    @MethodSource("whereALeaderThrows")
    void aLeaderThatThrowsOnProbationIsPutOutAndItsPredecessorLeads(Setting setting, PolicyModel model,
            String callback) {
        PolicyRelease good = Releases.fifo("one", "1.0.0", other(model));
        Probe.Record record = new Probe.Record();
        PolicyRelease bad = Releases.fifo("one", "1.1.0", model, record);
        try (Lab lab = new Lab(setting)) {
            lab.settle(good);
            LabWorkload workload = load(lab);
            lab.run(5 * Lab.MS);
            Handoff way = lab.attach(bad);
            lab.untilLeads(bad);
            lab.run(3 * Lab.MS);
            assertEquals(HandoffState.PROBATION, way.state());
            record.throwIn(callback, When.ONCE_IT_HAS_LED);
            lab.until(callback + " throws", record::thrown);
            lab.untilLeads(good);
            assertEquals(HandoffState.ROLLED_BACK, way.state());
            assertEquals(Roll.Outcome.ROLLED_BACK, way.roll().outcome());
            assertTrue(way.roll().reason().contains("one 1.1.0 threw") && way.roll().reason().contains("planted"),
                    way.roll().reason());
            assertTrue(lab.manager.policies().isRejected(bad));
            assertFalse(lab.manager.policies().isRejected(good));
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            assertEquals(good, lab.enclave.policy());
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("whereALeaderThrows")
    void aLeaderThatThrowsAfterItsProbationIsBridgedAndTheLastGoodReleaseComesBack(Setting setting, PolicyModel model,
            String callback) {
        PolicyRelease good = Releases.fifo("one", "1.0.0", other(model));
        Probe.Record record = new Probe.Record();
        PolicyRelease bad = Releases.fifo("one", "1.1.0", model, record);
        try (Lab lab = new Lab(setting)) {
            lab.settle(good);
            lab.settle(bad);
            LabWorkload workload = load(lab);
            lab.run(5 * Lab.MS);
            record.throwIn(callback, When.ONCE_IT_HAS_LED);
            lab.until(callback + " throws", record::thrown);
            lab.untilLeads(good);
            assertTrue(lab.manager.policies().isRejected(bad));
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.until("the way back ends", () -> lab.enclave.status().handoff().isEmpty());
            assertEquals(good, lab.enclave.policy());
            assertEquals(List.of("built-in-fifo 1.0.0 > one 1.0.0: committed", "one 1.0.0 > one 1.1.0: committed",
                    "one 1.1.0 > built-in-fifo 1.0.0: committed", "built-in-fifo 1.0.0 > one 1.0.0: committed"),
                    lab.story());
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void theLastGoodReleaseComesBackWhenLeaderAndFollowerBothThrow(Setting setting) {
        for (PolicyModel model : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
            PolicyRelease good = Releases.fifo("one", "1.0.0", model);
            Probe.Record leading = new Probe.Record();
            PolicyRelease leader = Releases.fifo("one", "1.1.0", model, leading);
            Probe.Record following = new Probe.Record();
            PolicyRelease follower = Releases.fifo("one", "1.2.0", model, following);
            following.throwIn("discoveryComplete", When.BEFORE_IT_LEADS);
            try (Lab lab = new Lab(setting)) {
                lab.settle(good);
                lab.settle(leader);
                LabWorkload workload = load(lab);
                lab.run(5 * Lab.MS);
                leading.throwIn("schedule", When.ONCE_IT_HAS_LED);
                lab.attach(follower);
                lab.until("both throw", () -> leading.thrown() && following.thrown());
                lab.untilLeads(good);
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
                assertEquals(good, lab.enclave.policy());
                lab.finish(workload);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("whereAFollowerThrows")
    void aFollowerThatThrowsHarmsNobody(Setting setting, PolicyModel model, String callback) {
        PolicyRelease good = Releases.fifo("one", "1.0.0", other(model));
        Probe.Record record = new Probe.Record();
        PolicyRelease next = Releases.fifo("one", "1.1.0", model, record);
        record.throwIn(callback, When.BEFORE_IT_LEADS);
        PolicyRelease third = Releases.fifo("one", "1.2.0", model);
        try (Lab lab = new Lab(setting)) {
            lab.settle(good);
            LabWorkload workload = load(lab);
            lab.run(5 * Lab.MS);
            Handoff way = lab.attach(next);
            lab.until("it throws or leads", () -> record.thrown() || next.equals(lab.enclave.policy()));
            if (way.state() != HandoffState.ROLLED_BACK) {
                // It had not been called for that before it led; then it follows the third release, and throws there.
                lab.attach(third);
                lab.untilLeads(third);
                record.throwIn(callback, When.ALWAYS);
                lab.until("it throws", record::thrown);
            }
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.until("all handoffs end", () -> lab.enclave.status().handoff().isEmpty());
            lab.finish(workload);
            lab.assertMessagesConserved();
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aReleaseThatThrowsWhenItShallLeadNeverLeads(Setting setting) {
        for (PolicyModel model : List.of(PolicyModel.GLOBAL, PolicyModel.PER_CPU)) {
            PolicyRelease good = Releases.fifo("one", "1.0.0", model);
            Probe.Record record = new Probe.Record();
            PolicyRelease bad = Releases.fifo("one", "1.1.0", model, record);
            record.throwIn("lead", When.ONCE_IT_HAS_LED);
            try (Lab lab = new Lab(setting)) {
                lab.settle(good);
                LabWorkload workload = load(lab);
                lab.run(5 * Lab.MS);
                Handoff way = lab.attach(bad);
                lab.until("the handoff ends", () -> way.state().isFinal());
                assertEquals(HandoffState.ROLLED_BACK, way.state());
                assertEquals(good, lab.enclave.policy());
                assertEquals(0, record.count("schedule"));
                lab.runAndSeeProgress(workload, 10 * Lab.MS);
                lab.finish(workload);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aPredecessorThatThrowsWhenItShallLeadAgainIsBridged(Setting setting) {
        Probe.Record first = new Probe.Record();
        Probe.Record second = new Probe.Record();
        PolicyRelease one = Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL, first);
        PolicyRelease two = Releases.fifo("one", "1.1.0", PolicyModel.PER_CPU, second);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = load(lab);
            lab.attach(two);
            lab.untilLeads(two);
            first.throwIn("lead", When.ONCE_IT_HAS_LED);
            second.throwIn("schedule", When.ONCE_IT_HAS_LED);
            lab.until("both have thrown", () -> first.thrown() && second.thrown());
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            assertNull(lab.enclave.policy());
            assertTrue(lab.manager.policies().isRejected(one));
            assertTrue(lab.manager.policies().isRejected(two));
            lab.finish(workload);
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aLeaderThatThrowsWhileItsSuccessorFollowsIsBridgedAndTheSuccessorLeads(Setting setting) {
        Probe.Record record = new Probe.Record();
        PolicyRelease one = Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL, record);
        PolicyRelease two = Releases.fifo("one", "1.1.0", PolicyModel.PER_CPU);
        try (Lab lab = new Lab(setting)) {
            lab.settle(one);
            LabWorkload workload = load(lab);
            lab.run(5 * Lab.MS);
            record.throwIn("schedule", When.ONCE_IT_HAS_LED);
            Handoff way = lab.attach(two);
            lab.untilLeads(two);
            assertTrue(record.thrown());
            lab.until("the handoff ends", () -> way.state().isFinal());
            assertEquals(HandoffState.COMMITTED, way.state());
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.finish(workload);
        }
    }

    /** The text of what was thrown is asked of the policy's own class, which may throw again. */
    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void anExceptionThatThrowsWhenItIsReadIsNoWayOut(Setting setting) {
        PolicyRelease good = Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL);
        Probe.Record record = new Probe.Record();
        PolicyRelease bad = Releases.fifo("one", "1.1.0", PolicyModel.GLOBAL, record);
        try (Lab lab = new Lab(setting)) {
            lab.settle(good);
            LabWorkload workload = load(lab);
            lab.attach(bad);
            lab.untilLeads(bad);
            record.throwIn("schedule", When.ONCE_IT_HAS_LED, new Nasty());
            lab.until("it throws", record::thrown);
            lab.untilLeads(good);
            lab.runAndSeeProgress(workload, 10 * Lab.MS);
            lab.finish(workload);
        }
    }

    private static final class Nasty extends RuntimeException {
        private static final long serialVersionUID = 1;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message for you");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("no stack either");
        }
    }

    @ParameterizedTest
    @MethodSource("org.ghosthost.testkit.LabSettings#profiles")
    void aFaultInStateTransferCostsTheStateAndNotTheRoll(Setting setting) {
        for (String callback : List.of("exportState", "importState")) {
            Probe.Record record = new Probe.Record();
            PolicyRelease one = Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL, record);
            PolicyRelease two = Releases.exporting("one", "1.1.0", record);
            PolicyRelease three = Releases.exporting("one", "1.2.0", record);
            try (Lab lab = new Lab(setting)) {
                lab.settle(one);
                lab.settle(two);
                LabWorkload workload = load(lab);
                record.throwIn(callback, When.ALWAYS);
                lab.settle(three);
                assertTrue(record.thrown(), callback);
                assertEquals(three, lab.enclave.policy());
                lab.finish(workload);
            }
        }
    }
}
