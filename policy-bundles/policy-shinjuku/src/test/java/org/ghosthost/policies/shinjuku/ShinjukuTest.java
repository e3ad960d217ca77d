package org.ghosthost.policies.shinjuku;

import static org.ghosthost.testkit.ScriptedApplication.PERIOD_NS;
import static org.ghosthost.testkit.ScriptedApplication.REPEATING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;
import org.ghosthost.testkit.ScriptedApplication;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/** What the policy decides, step by step. CPU 0 is the global agent's, and a slice 50 us. */
class ShinjukuTest {
    private static final long SLICE_NS = 50_000;
    private static final long NEVER = SchedItem.NO_DEADLINE;

    private final ScriptedApplication app = new ScriptedApplication(new Shinjuku(), 2);
    private final ScriptedMachine machine = app.machine();

    @Test
    void aQosIsServedFirstComeFirstServed() {
        app.enter("A", 0, NEVER);
        app.enter("B", 0, NEVER);
        assertEquals("1=A", machine.pass());
        machine.blockAll();
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aHigherQosGoesFirst() {
        app.enter("low", 0, NEVER);
        app.enter("high", 2, NEVER);
        app.enter("middle", 1, NEVER);
        assertEquals("1=high", machine.pass());
        machine.blockAll();
        assertEquals("1=middle", machine.pass());
        machine.blockAll();
        assertEquals("1=low", machine.pass());
    }

    @Test
    void aHigherQosTakesTheCpuAtOnce() {
        app.enter("low", 0, NEVER);
        machine.pass();
        app.enter("high", 1, NEVER);
        assertEquals("1=high", machine.pass());
        machine.blockAll();
        assertEquals("1=low", machine.pass());
    }

    @Test
    void anEqualQosTakesTheCpuWhenTheSliceIsOver() {
        app.enter("A", 0, NEVER);
        machine.pass();
        app.enter("B", 0, NEVER);
        assertEquals("", machine.pass());
        machine.advance(SLICE_NS - 1);
        assertEquals("", machine.pass());
        assertTrue(machine.waitUntilNs() <= machine.now() + 1);
        machine.advance(1);
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aLowerQosWaitsHoweverLongItTakes() {
        app.enter("high", 1, NEVER);
        machine.pass();
        app.enter("low", 0, NEVER);
        machine.advance(100 * SLICE_NS);
        assertEquals("", machine.pass());
    }

    @Test
    void aTaskThatLostItsCpuGoesToTheFrontOfItsQos() {
        app.enter("A", 0, NEVER);
        machine.pass();
        app.enter("B", 0, NEVER);
        app.enter("high", 1, NEVER);
        assertEquals("1=high", machine.pass());
        machine.blockAll();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskOfAProcessWithoutATableHasNoSlice() {
        machine.process(0);
        machine.enter("A");
        machine.pass();
        machine.enter("B");
        machine.advance(100 * SLICE_NS);
        assertEquals("", machine.pass());
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
    }

    @Test
    void whoBeginsAnotherPieceOfWorkGivesWayToOneOfItsQosThatWaits() {
        app.enter("A", 0, NEVER);
        machine.pass();
        app.enter("B", 0, NEVER);
        assertEquals("", machine.pass());
        app.client().markRunnable(0, NEVER);
        assertEquals("1=B", machine.pass());
    }

    @Test
    void whoBeginsAnotherPieceOfWorkWhileNobodyWaitsKeepsItsCpuForASlice() {
        app.enter("A", 0, NEVER);
        machine.pass();
        app.client().markRunnable(0, NEVER);
        assertEquals("", machine.pass());
        app.enter("B", 0, NEVER);
        assertEquals("", machine.pass());
    }

    @Test
    void aTaskWithoutWorkIsTakenOffItsCpuEvenIfNobodyWaits() {
        ScriptedTask a = app.enter("A", 0, NEVER);
        machine.pass();
        assertEquals(1, a.cpu());
        app.client().markIdle(0);
        machine.pass();
        assertEquals("", machine.running());
        app.client().markRunnable(0, NEVER);
        assertEquals("1=A", machine.pass());
    }

    @Test
    void aTaskWithoutWorkGivesWayToAnyQos() {
        app.enter("high", 2, NEVER);
        machine.pass();
        app.enter("low", 0, NEVER);
        app.client().markIdle(0);
        assertEquals("1=low", machine.pass());
    }

    @Test
    void repeatingWorkComesBackWhenItsPeriodIsOver() {
        ScriptedTask a = app.enter("A", REPEATING, NEVER);
        machine.pass();
        long ranNs = machine.now();
        machine.advance(1_000_000);
        app.client().markIdle(0);
        machine.pass();
        assertEquals("", machine.running());
        machine.advance(ranNs + PERIOD_NS - 1 - machine.now());
        assertEquals("", machine.pass());
        assertTrue(machine.waitUntilNs() <= machine.now() + 1);
        machine.advance(1);
        assertEquals("1=A", machine.pass());
        assertEquals(1, a.cpu());
    }

    @Test
    void repeatingWorkHasNoSlice() {
        app.enter("A", REPEATING, NEVER);
        machine.pass();
        app.enter("B", 0, NEVER);
        machine.advance(100 * SLICE_NS);
        assertEquals("", machine.pass());
    }

    @Test
    void aDecisionThatFailedIsTakenAgainFirst() {
        app.enter("A", 0, NEVER);
        app.enter("B", 0, NEVER);
        machine.refuse(1, TransactionState.AGENT_STALE);
        assertEquals("", machine.pass());
        assertEquals("1=A", machine.pass());
    }

    @Test
    void theTaskOfTheLowestQosThatRanLongestGivesWay() {
        ScriptedApplication wide = new ScriptedApplication(new Shinjuku(), 4);
        wide.enter("one", 1, NEVER);
        wide.machine().pass();
        wide.machine().advance(10);
        wide.enter("zero", 0, NEVER);
        wide.machine().pass();
        wide.machine().advance(10);
        wide.enter("younger", 0, NEVER);
        wide.machine().pass();
        wide.enter("two", 2, NEVER);
        assertEquals("2=two", wide.machine().pass());
    }

    @Test
    void moreValuesOfQosThanQueuesLoseNobody() {
        int many = QosQueues.MAX_QUEUES + 20;
        PrioTable table = PrioTable.create(many, many, 11);
        PrioTableClient client = new PrioTableClient(table);
        ScriptedMachine wide = ScriptedMachine.of(new Shinjuku(), PolicyModel.GLOBAL, 2);
        wide.prioTable(7, table);
        wide.process(7);
        for (int i = 0; i < many; i++) {
            client.setWorkClass(i, new WorkClass().flags(PrioTableLayout.CLASS_ONE_SHOT).qos(i));
            client.setItem(i, new SchedItem().gtid(wide.enter("task" + i).gtid()).workClass(i).runnable(true));
        }
        for (int i = many - 1; i >= 0; i--) {
            assertTrue(wide.pass().startsWith("1=task"), "task " + i);
            wide.blockAll();
        }
        assertEquals("", wide.pass());
    }
}
