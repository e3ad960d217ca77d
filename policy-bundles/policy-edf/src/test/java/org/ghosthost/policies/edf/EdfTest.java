package org.ghosthost.policies.edf;

import static org.ghosthost.testkit.ScriptedApplication.ms;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.policies.edf.release.Edf;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.testkit.ScriptedApplication;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/** What release 1.0.0 decides, step by step. CPU 0 is the global agent's. */
class EdfTest {
    private final ScriptedApplication app = new ScriptedApplication(new Edf(), 2);
    private final ScriptedMachine machine = app.machine();

    @Test
    void theEarliestDeadlineIsFirst() {
        app.enter("late", 0, ms(30));
        app.enter("early", 0, ms(10));
        app.enter("middle", 0, ms(20));
        assertEquals("1=early", machine.pass());
        machine.blockAll();
        assertEquals("1=middle", machine.pass());
        machine.blockAll();
        assertEquals("1=late", machine.pass());
    }

    @Test
    void aHigherQosGoesBeforeAnEarlierDeadline() {
        app.enter("early", 0, ms(10));
        app.enter("important", 1, ms(30));
        assertEquals("1=important", machine.pass());
    }

    @Test
    void aBoostedTaskGoesBeforeAHigherQos() {
        ScriptedTask a = app.enter("woken", 0, ms(30));
        machine.pass();
        a.blocks();
        app.enter("important", 2, ms(10));
        a.wakes();
        assertEquals("1=woken", machine.pass());
    }

    @Test
    void theLessIsLeftToDoTheLaterATaskMustBegin() {
        ScriptedTask a = app.enter("begun", 0, ms(20));
        machine.pass();
        a.blocks(ScriptedApplication.EXEC_NS / 2);
        a.wakesDeferrable();
        app.enter("fresh", 0, ms(20));
        assertEquals("1=fresh", machine.pass());
    }

    @Test
    void workThatTakesLongerThanExpectedIsExpectedToTakeTwiceAsLong() {
        ScriptedTask a = app.enter("long", 0, ms(20));
        machine.pass();
        a.blocks(3 * ScriptedApplication.EXEC_NS);
        a.wakesDeferrable();
        machine.pass();
        assertTrue(machine.dump().contains("elapsed 3000000 of 4000000"), machine.dump());
    }

    @Test
    void theTimeOfAClassOfWorkIsLearnt() {
        ScriptedTask a = app.enter("A", 0, ms(20));
        machine.pass();
        a.blocks(2 * ScriptedApplication.EXEC_NS);
        machine.pass();
        app.client().markRunnable(0, ms(40));
        machine.pass();
        // The application's estimate and one sample: (1 + 2) / 2 ms.
        assertTrue(machine.dump().contains("elapsed 0 of 1500000"), machine.dump());
    }

    @Test
    void theTimeOnTheCpuIsCountedOnce() {
        ScriptedTask a = app.enter("A", 0, ms(20));
        machine.pass();
        machine.advance(700_000);
        app.client().markRunnable(0, ms(40));
        machine.pass();
        machine.advance(200_000);
        a.blocks(900_000);
        machine.pass();
        assertTrue(machine.dump().contains("elapsed 200000 of 850000"), machine.dump());
    }

    @Test
    void aRunningTaskGivesWayToAHigherQosOnly() {
        app.enter("running", 1, ms(20));
        machine.pass();
        app.enter("earlier", 1, ms(5));
        assertEquals("", machine.pass());
        app.enter("lower", 0, ms(5));
        assertEquals("", machine.pass());
        app.enter("higher", 2, ms(90));
        assertEquals("1=higher", machine.pass());
    }

    @Test
    void theTaskOfTheLowestQosGivesWay() {
        ScriptedApplication wide = new ScriptedApplication(new Edf(), 4);
        wide.enter("one", 1, ms(20));
        wide.enter("zero", 0, ms(20));
        wide.enter("other", 1, ms(20));
        wide.machine().pass();
        wide.enter("two", 2, ms(20));
        assertEquals("3=two", wide.machine().pass());
        assertEquals("1=one 2=other 3=two", wide.machine().running());
    }

    @Test
    void allDecisionsOfAPassAreTakenEvenIfOneFails() {
        ScriptedApplication wide = new ScriptedApplication(new Edf(), 4);
        wide.enter("A", 0, ms(10));
        wide.enter("B", 0, ms(20));
        wide.enter("C", 0, ms(30));
        wide.machine().refuse(1, TransactionState.AGENT_STALE);
        assertEquals("2=B 3=C", wide.machine().pass());
        assertEquals("1=A", wide.machine().pass());
    }

    @Test
    void aTaskWhoseReplacementFailedIsNotQueuedTwice() {
        ScriptedTask a = app.enter("low", 0, ms(20));
        machine.pass();
        app.enter("high", 1, ms(20));
        machine.refuse(1, TransactionState.AGENT_STALE);
        assertEquals("", machine.pass());
        assertEquals(1, a.cpu());
        assertEquals("1=high", machine.pass());
        machine.blockAll();
        assertEquals("1=low", machine.pass());
    }

    @Test
    void aProcessWithoutAPrioTableIsServed() {
        machine.process(0);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        assertEquals("1=A", machine.pass());
        a.blocks();
        assertEquals("1=B", machine.pass());
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
    }

    @Test
    void twoTasksWithoutATableDoNotShareWhatIsKnownOfThem() {
        machine.process(0);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass();
        a.blocks(5_000_000);
        machine.pass();
        assertEquals(1, machine.dump().lines().filter(line -> line.contains("elapsed 5000000 of 8000000")).count());
        assertEquals(1, machine.dump().lines().filter(line -> line.contains("elapsed 0 of 1000000")).count());
    }

    @Test
    void aBoostedAgentThatHasNowhereToGoSchedulesOn() {
        ScriptedApplication wide = new ScriptedApplication(new Edf(), 3);
        wide.machine().boosted(0, true);
        wide.machine().available(1, false);
        wide.machine().available(2, false);
        wide.enter("A", 0, ms(10));
        wide.machine().pass();
        assertEquals(0, wide.machine().globalCpu());
        assertTrue(wide.machine().waitUntilNs() < Policy.UNTIL_MESSAGE);
    }

    // ---- work

    @Test
    void aTaskWithoutWorkIsKeptOffTheCpus() {
        app.enterIdle("worker", 0);
        assertEquals("", machine.pass());
        app.client().markRunnable(0, ms(10));
        machine.advance(machine.waitUntilNs() - machine.now());
        assertEquals("1=worker", machine.pass());
    }

    @Test
    void aTaskThatHasNoMoreWorkLosesItsCpu() {
        ScriptedTask a = app.enter("worker", 0, ms(10));
        machine.pass();
        assertEquals(1, a.cpu());
        app.client().markIdle(0);
        machine.pass();
        assertEquals("", machine.running());
        machine.pass();
        assertEquals("", machine.running());
        app.client().markRunnable(0, ms(30));
        assertEquals("1=worker", machine.pass());
    }

    @Test
    void aTaskThatHasNoMoreWorkGivesWayToAnyOther() {
        app.enter("important", 2, ms(10));
        machine.pass();
        app.enter("small", 0, SchedItem.NO_DEADLINE);
        machine.pass();
        app.client().markIdle(0);
        assertEquals("1=small", machine.pass());
    }

    @Test
    void aRefusedUnscheduleIsTriedAgain() {
        app.enter("worker", 0, ms(10));
        machine.pass();
        app.client().markIdle(0);
        machine.refuse(1, TransactionState.AGENT_STALE);
        machine.pass();
        assertEquals("1=worker", machine.running());
        machine.pass();
        assertEquals("", machine.running());
    }

    @Test
    void aTaskThatGetsWorkAgainInTimeKeepsItsCpu() {
        app.enter("worker", 0, ms(10));
        machine.pass();
        app.client().markIdle(0);
        app.client().markRunnable(0, ms(30));
        machine.pass();
        assertEquals("1=worker", machine.running());
    }

    @Test
    void repeatingWorkIsRenewedWithADeadlineOnePeriodAhead() {
        app.enter("repeating", ScriptedApplication.REPEATING, SchedItem.NO_DEADLINE);
        machine.pass();
        machine.advance(ms(1));
        app.client().markIdle(0);
        machine.pass();
        assertFalse(app.client().isIdle(0));
        long deadlineNs = machine.now() + ScriptedApplication.PERIOD_NS;
        assertTrue(machine.dump().contains("deadline " + deadlineNs), machine.dump());
        assertEquals("1=repeating", machine.pass());
    }

    @Test
    void anItemMaySpeakForThreadsOfItsOwnProcessOnly() {
        machine.process(0);
        ScriptedTask stranger = machine.enter("stranger");
        machine.pass();
        machine.process(ScriptedApplication.TGID);
        app.enter("own", 0, ms(10));
        app.client().setItem(7, new SchedItem().gtid(stranger.gtid()).workClass(2).runnable(false));
        machine.pass();
        assertEquals("1=stranger", machine.running());
        assertTrue(machine.dump().lines().noneMatch(line -> line.contains("no work")), machine.dump());
    }

    @Test
    void anItemThatChangesItsThreadLeavesTheOldOneWithoutParameters() {
        ScriptedTask a = app.enterIdle("A", 0);
        assertEquals("", machine.pass());
        ScriptedTask b = app.enter("B", 0, ms(20));
        machine.pass();
        app.client().setGtid(0, 0);
        b.blocks();
        assertEquals("1=A", machine.pass());
        assertEquals(1, a.cpu());
    }

    @Test
    void theTablesAreLookedAtAsLongAsATaskCouldRun() {
        app.enter("A", 0, ms(10));
        machine.pass();
        assertTrue(machine.waitUntilNs() < Policy.UNTIL_MESSAGE);
        machine.pass();
        assertTrue(machine.waitUntilNs() < Policy.UNTIL_MESSAGE);
    }

    @Test
    void withoutTasksThatCouldRunNobodyLooksAtTheTables() {
        ScriptedTask a = app.enter("A", 0, ms(10));
        machine.pass();
        a.blocks();
        machine.pass();
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
    }

    @Test
    void aProcessThatEndsIsForgottenAndItsSuccessorServed() {
        ScriptedTask a = app.enter("A", 0, ms(10));
        machine.pass();
        a.dies();
        machine.pass();
        assertEquals(Policy.UNTIL_MESSAGE, machine.waitUntilNs());
        app.enter("B", 0, ms(30));
        app.enter("C", 0, ms(20));
        assertEquals("1=C", machine.pass());
    }

    // ---- takeover

    @Test
    void aSuccessorKnowsHowMuchIsDone() {
        ScriptedTask a = app.enter("A", 0, ms(20));
        machine.pass();
        a.blocks(600_000);
        machine.pass();
        machine.follow(new Edf(), Map.of(), new Edf().policyMemoryVersion());
        machine.swap();
        machine.pass();
        assertTrue(machine.dump().contains("elapsed 600000 of 1000000"), machine.dump());
    }

    @Test
    void aSuccessorWithoutInheritanceBeginsAnew() {
        ScriptedTask a = app.enter("A", 0, ms(20));
        machine.pass();
        a.blocks(600_000);
        machine.pass();
        machine.follow(new Edf(), Map.of(), 0);
        machine.swap();
        machine.pass();
        assertTrue(machine.dump().contains("elapsed 0 of 1000000"), machine.dump());
    }

    @Test
    void aSuccessorKnowsDeadlinesFromItsFirstPassOn() {
        ScriptedTask a = app.enter("running", 0, ms(20));
        app.enter("late", 0, ms(40));
        app.enter("early", 0, ms(30));
        machine.pass();
        machine.follow(new Edf(), Map.of(), 1);
        app.client().markRunnable(1, ms(25));
        machine.swap();
        a.blocks();
        assertEquals("1=late", machine.pass());
    }
}
