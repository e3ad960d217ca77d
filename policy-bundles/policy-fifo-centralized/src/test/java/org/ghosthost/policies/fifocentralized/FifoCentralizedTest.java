package org.ghosthost.policies.fifocentralized;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/** What the policy decides, step by step. CPU 0 is the global agent's. */
class FifoCentralizedTest {
    private static final long SLICE_NS = 1_000_000;

    private static ScriptedMachine machine(int cpus) {
        return ScriptedMachine.of(new FifoCentralized(), PolicyModel.GLOBAL, cpus);
    }

    private static ScriptedMachine sliced(int cpus) {
        return new ScriptedMachine(new FifoCentralized(), PolicyModel.GLOBAL, Topology.parse("" + cpus),
                CpuSet.range(0, cpus - 1), Map.of(FifoPolicy.PREEMPTION_TIME_SLICE, "1ms"));
    }

    @Test
    void tasksGetFreeCpusInTheOrderOfTheirArrival() {
        ScriptedMachine machine = machine(3);
        machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        assertEquals("1=A 2=B", machine.pass());
        assertEquals("", machine.pass());
    }

    @Test
    void aFreedCpuGoesToTheTaskThatWaitsLongest() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        machine.pass();
        a.blocks();
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aTaskThatEntersAsleepWaitsForItsWakeUp() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A", false);
        assertEquals("", machine.pass());
        a.wakes();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskThatSomebodyWaitsForGoesToTheFront() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        ScriptedTask c = machine.enter("C", false);
        ScriptedTask d = machine.enter("D", false);
        machine.enter("B");
        machine.pass();
        c.wakesDeferrable();
        d.wakes();
        a.blocks();
        assertEquals("1=D", machine.pass());
        d.blocks();
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aPreemptedTaskGoesToTheFront() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass();
        a.losesCpu();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskWhoseLatchIsLostGoesToTheFront() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass();
        a.losesLatch();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aYieldingTaskGoesBehindAllThatWait() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        machine.pass();
        a.yields();
        machine.enter("C");
        assertEquals("1=B", machine.pass());
        b.blocks();
        machine.enter("D");
        assertEquals("1=C", machine.pass());
    }

    @Test
    void aYieldingTaskRunsOnIfNobodyWaits() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.yields();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskReturnsToTheCpuWhereItWas() {
        ScriptedMachine machine = machine(4);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        machine.pass();
        a.blocks();
        b.blocks();
        b.wakes();
        assertEquals("2=B", machine.pass());
    }

    @Test
    void withoutASliceNobodyIsPreempted() {
        ScriptedMachine machine = machine(2);
        machine.enter("A");
        machine.enter("B");
        machine.pass();
        machine.advance(1_000_000_000_000L);
        assertEquals("", machine.pass());
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
    }

    @Test
    void atTheEndOfItsSliceATaskGivesWayIfAnotherOneWaits() {
        ScriptedMachine machine = sliced(2);
        machine.enter("A");
        machine.pass();
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
        long decidedNs = machine.now();
        machine.enter("B");
        machine.advance(SLICE_NS - 1);
        assertEquals("", machine.pass());
        assertEquals(decidedNs + SLICE_NS, machine.waitUntilNs());
        machine.advance(1);
        assertEquals("1=B", machine.pass());
    }

    @Test
    void theFirstSliceEndsEvenIfNothingElseHappens() {
        ScriptedMachine machine = sliced(2);
        machine.enter("A");
        machine.enter("B");
        assertEquals("1=A", machine.pass());
        assertEquals(machine.now() + SLICE_NS, machine.waitUntilNs());
    }

    @Test
    void aDisplacedTaskWaitsAgainOnlyWhenItHasLostItsCpu() {
        ScriptedMachine machine = sliced(2);
        machine.enter("A");
        machine.pass();
        machine.enter("C");
        machine.advance(SLICE_NS);
        machine.delayOutcomes();
        assertEquals("1=C", machine.pass());
        // A is not said to have stopped, whatever becomes of the decision.
        assertEquals(1, count(machine.dump(), " ON_CPU cpu 1"));
        machine.deliverOutcomes();
        assertEquals(2, count(machine.dump(), " ON_CPU cpu 1"));
        assertEquals("", machine.pass());
        assertEquals(1, count(machine.dump(), " QUEUED cpu 1 boosted"));
    }

    @Test
    void aRefusedReplacementLeavesTheRunningTaskAlone() {
        ScriptedMachine machine = sliced(2);
        machine.enter("A");
        machine.pass();
        machine.enter("B");
        machine.advance(SLICE_NS);
        machine.refuse(1, TransactionState.AGENT_STALE);
        assertEquals("", machine.pass());
        assertEquals("1=A", machine.running());
        assertEquals("1=B", machine.pass());
        machine.advance(SLICE_NS);
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aCpuThatOthersHaveIsNotUsedUntilTheyLeaveIt() {
        ScriptedMachine machine = machine(3);
        machine.available(1, false);
        machine.enter("A");
        machine.enter("B");
        assertEquals("2=A", machine.pass());
        machine.available(1, true);
        machine.advance(machine.waitUntilNs() - machine.now());
        assertEquals("1=B", machine.pass());
    }

    @Test
    void theAgentMovesWhenOthersWantItsCpu() {
        ScriptedMachine machine = new ScriptedMachine(new FifoCentralized(), PolicyModel.GLOBAL,
                Topology.parse("sockets=2 cores=2 smt=2"), CpuSet.range(0, 7), Map.of());
        ScriptedTask a = machine.enter("A");
        machine.pass();
        machine.boosted(0, true);
        machine.available(0, false);
        assertEquals("", machine.pass());
        assertEquals(4, machine.globalCpu(), "the sibling of CPU 0");
        machine.available(0, true);
        a.blocks();
        a.wakes();
        assertEquals("1=A", machine.pass());
        for (String name : new String[] {"B", "C", "D", "E", "F", "G"}) {
            machine.enter(name);
        }
        assertEquals("0=B 2=C 3=D 5=E 6=F 7=G", machine.pass());
    }

    @Test
    void theAgentMovesToTheNearestCpuThatIsAvailable() {
        ScriptedMachine machine = new ScriptedMachine(new FifoCentralized(), PolicyModel.GLOBAL,
                Topology.parse("sockets=2 cores=2 smt=2"), CpuSet.range(0, 7), Map.of());
        machine.boosted(0, true);
        machine.available(4, false);
        machine.pass();
        assertEquals(1, machine.globalCpu(), "same L3 cache");
    }

    @Test
    void anAgentThatHasNowhereToGoSchedulesOn() {
        ScriptedMachine machine = machine(2);
        machine.boosted(0, true);
        machine.available(1, false);
        machine.enter("A");
        machine.pass();
        assertEquals(0, machine.globalCpu());
        machine.available(1, true);
        machine.pass();
        assertEquals(1, machine.globalCpu());
    }

    @Test
    void anAgentThatHasJustMovedSchedulesBeforeItMovesAgain() {
        ScriptedMachine machine = machine(4);
        machine.boosted(0, true);
        machine.boosted(1, true);
        machine.enter("A");
        machine.pass();
        assertEquals(1, machine.globalCpu());
        assertEquals("0=A", machine.pass());
        int passes = 1;
        while (machine.globalCpu() == 1 && passes < 1000) {
            machine.pass();
            passes++;
        }
        assertEquals(257, passes);
    }

    @Test
    void theAgentStartsOnTheConfiguredCpu() {
        ScriptedMachine machine = new ScriptedMachine(new FifoCentralized(), PolicyModel.GLOBAL, Topology.parse("4"),
                CpuSet.range(0, 3), Map.of(FifoPolicy.GLOBAL_CPU, "2"));
        machine.pass();
        assertEquals(2, machine.globalCpu());
    }

    @Test
    void aStartCpuOutsideOfTheEnclaveIsRefused() {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> new ScriptedMachine(new FifoCentralized(), PolicyModel.GLOBAL, Topology.parse("8"),
                        CpuSet.range(0, 3), Map.of(FifoPolicy.GLOBAL_CPU, "5")));
        assertEquals("CPU 5 is not of the enclave: 0-3", refused.getMessage());
    }

    @Test
    void anEnclaveOfOneCpuIsSharedByAgentAndTasks() {
        ScriptedMachine machine = machine(1);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        assertEquals("0=A", machine.pass());
        a.losesCpu();
        assertEquals("0=A", machine.pass());
        a.blocks();
        assertEquals("0=B", machine.pass());
    }

    private static int count(String text, String part) {
        return (text.length() - text.replace(part, "").length()) / part.length();
    }
}
