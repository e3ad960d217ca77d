package org.ghosthost.policies.fifocentralized;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What decisions that fail, or whose outcome is late, lead to. CPU 0 is the global agent's. */
class OutcomeTest {
    private final ScriptedMachine machine = ScriptedMachine.of(new FifoCentralized(), PolicyModel.GLOBAL, 3);

    private void waitUntilWanted() {
        assertTrue(machine.waitUntilNs() < Policy.UNTIL_MESSAGE, "the policy would sleep for ever");
        machine.advance(Math.max(0, machine.waitUntilNs() - machine.now()));
    }

    @ParameterizedTest
    @EnumSource(names = {"AGENT_STALE", "ABORTED", "POISONED"})
    void aDecisionThatMayWorkNextTimeIsTakenAgainAtOnceAndInOrder(TransactionState state) {
        machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        machine.refuse(1, state);
        assertEquals("2=B", machine.pass());
        assertEquals("1=A", machine.pass());
    }

    @ParameterizedTest
    @EnumSource(names = {"CPU_UNAVAIL", "CPU_OFFLINE", "NO_AGENT", "NOT_PERMITTED", "INVALID_FLAGS"})
    void aCpuThatRefusesIsLeftAloneForAWhile(TransactionState state) {
        machine.enter("A");
        machine.refuse(1, state);
        machine.refuse(1, state);
        assertEquals("", machine.pass());
        assertEquals("2=A", machine.pass());
        machine.enter("B");
        assertEquals("", machine.pass());
        waitUntilWanted();
        assertEquals("", machine.pass());
        machine.pass();
        waitUntilWanted();
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aTaskWithUnreadNewsIsNotDecidedFor() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.losesCpu();
        machine.loseMessages(0);
        machine.enter("B");
        assertEquals("2=B", machine.pass());
    }

    @ParameterizedTest
    @EnumSource(names = {"TARGET_STALE", "TARGET_ONCPU"})
    void aTaskOfWhichNewsAreOnTheirWayWaitsForThem(TransactionState state) {
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.refuse(1, state);
        assertEquals("2=B", machine.pass());
        assertEquals("", machine.pass());
        a.isReniced();
        machine.pass();
        waitUntilWanted();
        assertEquals("1=A", machine.pass());
    }

    @ParameterizedTest
    @EnumSource(names = {"TARGET_NOT_FOUND", "TARGET_NOT_RUNNABLE", "INVALID_TARGET"})
    void aTaskThatCannotRunIsDroppedUntilAMessageSaysOtherwise(TransactionState state) {
        ScriptedTask a = machine.enter("A");
        machine.refuse(1, state);
        assertEquals("", machine.pass());
        assertEquals("", machine.pass());
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
        a.runnable(false);
        a.wakes();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskThatStillLeavesItsCpuRunsAsSoonAsItHasLeft() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.losesCpu().isStillOnCpu(true);
        ScriptedTask b = machine.enter("B");
        assertEquals("1=B", machine.pass());
        for (int i = 0; i < 20; i++) {
            waitUntilWanted();
            assertEquals("", machine.pass());
        }
        a.isStillOnCpu(false);
        waitUntilWanted();
        assertEquals("2=A", machine.pass());
        assertEquals(1, b.cpu());
    }

    @Test
    void waitingForATaskToLeaveItsCpuCostsEverFewerPasses() {
        machine.enter("A").isStillOnCpu(true);
        int passes = 0;
        long startNs = machine.now();
        while (machine.now() < startNs + 1_000_000_000) {
            machine.pass();
            waitUntilWanted();
            passes++;
        }
        assertTrue(passes < 1100, "passes in a second: " + passes);
    }

    @Test
    void aTaskThatRunsUndecidedIsNotDecidedForUntilItStops() {
        ScriptedTask a = machine.enter("A");
        a.isRunBySomebodyElse(2);
        assertEquals("", machine.pass());
        a.losesCpu();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskIsRunOnlyWhereItMayRun() {
        ScriptedTask a = machine.enter("A");
        machine.enter("X");
        ScriptedTask y = machine.enter("Y", false);
        machine.pass();
        a.isRestricted(2);
        a.losesCpu();
        y.wakes();
        assertEquals("1=Y", machine.pass());
        machine.enter("Z");
        y.blocks();
        assertEquals("1=Z", machine.pass());
    }

    @Test
    void whereATaskMayRunIsLearntFromARefusal() {
        ScriptedTask a = machine.enter("A");
        a.affinityWithoutNews(2);
        assertEquals("", machine.pass());
        assertEquals("2=A", machine.pass());
    }

    @Test
    void noCpuIsDecidedForWhileAnOutcomeIsDue() {
        machine.delayOutcomes();
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        assertEquals("1=A 2=B", machine.pass());
        assertEquals("", machine.pass());
        a.blocks();
        assertEquals("1=C", machine.pass());
    }

    @Test
    void aLateFailureIsAnEventOfItsOwn() {
        machine.delayOutcomes();
        machine.enter("A");
        machine.refuse(1, TransactionState.AGENT_STALE);
        assertEquals("", machine.pass());
        machine.deliverOutcomes();
        assertEquals("1=A", machine.pass());
    }
}
