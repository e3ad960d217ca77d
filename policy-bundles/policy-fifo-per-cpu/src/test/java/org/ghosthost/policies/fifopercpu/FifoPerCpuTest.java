package org.ghosthost.policies.fifopercpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the policy decides, step by step. New tasks are shown to the agent of CPU 0. */
class FifoPerCpuTest {
    private static ScriptedMachine machine(int cpus) {
        return ScriptedMachine.of(new FifoPerCpu(), PolicyModel.PER_CPU, cpus);
    }

    @Test
    void newTasksSpreadOverTheCpus() {
        ScriptedMachine machine = machine(4);
        for (String name : new String[] {"A", "B", "C", "D"}) {
            machine.enter(name);
        }
        machine.passAll();
        assertEquals("0=D 1=A 2=B 3=C", machine.running());
    }

    @Test
    void aTaskThatNeverRanIsPlacedWhenItEnters() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A", false);
        machine.passAll();
        a.wakes();
        assertEquals("", machine.pass(0));
        assertEquals("1=A", machine.pass(1));
    }

    @Test
    void eachCpuServesItsTasksInOrder() {
        ScriptedMachine machine = machine(1);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        machine.enter("C");
        assertEquals("0=A", machine.pass(0));
        assertEquals("", machine.pass(0));
        a.blocks();
        assertEquals("0=B", machine.pass(0));
        b.blocks();
        a.wakesDeferrable();
        assertEquals("0=C", machine.pass(0));
    }

    @Test
    void aPreemptedTaskGoesToTheFront() {
        ScriptedMachine machine = machine(1);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass(0);
        a.losesCpu();
        assertEquals("0=A", machine.pass(0));
    }

    @Test
    void aYieldingTaskGoesBehindAllThatWait() {
        ScriptedMachine machine = machine(1);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        machine.pass(0);
        a.yields();
        machine.enter("C");
        assertEquals("0=B", machine.pass(0));
        b.blocks();
        assertEquals("0=C", machine.pass(0));
    }

    @Test
    void aCpuThatOthersWantIsHandedOver() {
        ScriptedMachine machine = machine(1);
        machine.boosted(0, true);
        machine.enter("A");
        assertEquals("", machine.pass(0));
        machine.boosted(0, false);
        assertEquals("0=A", machine.pass(0));
    }

    @ParameterizedTest
    @EnumSource(names = {"AGENT_STALE", "ABORTED", "POISONED"})
    void aDecisionThatMayWorkNextTimeIsTakenAgain(TransactionState state) {
        ScriptedMachine machine = machine(1);
        machine.enter("A");
        machine.enter("B");
        machine.refuse(0, state);
        assertEquals("", machine.pass(0));
        assertEquals("0=A", machine.pass(0));
    }

    @Test
    void theEndOfAChainOnAnotherCpuIsTheTasksOwnAffair() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B", false);
        machine.passAll();
        assertEquals("1=A", machine.running());
        a.switches();
        b.losesCpuAtEndOfChain(1);
        machine.enter("C");
        machine.passAll();
        assertEquals("0=B 1=C", machine.running());
    }

    @Test
    void anIdleCpuGetsATaskThatWaitsElsewhere() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        machine.enter("C");
        machine.enter("D");
        machine.passAll();
        assertEquals("0=B 1=A", machine.running());
        a.blocks();
        machine.passAll();
        assertEquals("0=B 1=C", machine.running());
        b.blocks();
        machine.passAll();
        assertEquals("0=D 1=C", machine.running());
    }

    @Test
    void noCpuIsIdleWhileATaskWaits() {
        ScriptedMachine machine = machine(4);
        ScriptedTask[] tasks = new ScriptedTask[12];
        for (int i = 0; i < tasks.length; i++) {
            tasks[i] = machine.enter("T" + i);
        }
        machine.passAll();
        // Those that run block, until one after the other all have run.
        Set<String> ran = new HashSet<>();
        for (int left = tasks.length; left > 0; left--) {
            String running = machine.running();
            assertEquals(Math.min(4, left), running.split(" ").length, running + " of " + left);
            for (ScriptedTask task : tasks) {
                if (task.cpu() >= 0) {
                    ran.add(task.toString());
                    task.blocks();
                    break;
                }
            }
            machine.passAll();
        }
        assertEquals(tasks.length, ran.size());
        assertEquals("", machine.running());
    }

    @Test
    void aStandingQuestionIsAnsweredWhenThereIsSomethingToSpare() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.passAll();
        assertEquals("1=A", machine.running());
        ScriptedTask b = machine.enter("B", false);
        ScriptedTask c = machine.enter("C", false);
        ScriptedTask d = machine.enter("D", false);
        machine.passAll();
        // B and D belong to CPU 0, C and A to CPU 1.
        c.wakes();
        machine.passAll();
        assertEquals("0=C 1=A", machine.running());
        a.blocks();
        c.blocks();
        b.wakes();
        d.wakes();
        machine.passAll();
        assertEquals(2, machine.running().split(" ").length, machine.running());
    }

    @Test
    void aFullMailboxDelaysAHandoverButLosesNothing() {
        ScriptedMachine machine = machine(2);
        machine.mailCapacity(1);
        for (int i = 0; i < 9; i++) {
            machine.enter("T" + i);
        }
        Set<String> ran = new HashSet<>();
        for (int round = 0; round < 40; round++) {
            machine.advance(2_000_000);
            machine.passAll();
            for (String at : machine.running().split(" ")) {
                ran.add(at.substring(at.indexOf('=') + 1));
            }
            machine.blockAll();
        }
        for (int i = 0; i < 9; i++) {
            assertTrue(ran.contains("T" + i), "ran: " + ran);
        }
    }

    @Test
    void aTaskThatWakesWhileItIsHandedOverIsNotLost() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A", false);
        machine.pass(0);
        // The message reaches CPU 1 before it has met the task.
        a.wakes();
        machine.showMessages(1);
        assertEquals("1=A", machine.pass(1));
    }

    @Test
    void aTaskThatBlocksAndDiesWhileItIsHandedOverLeavesNothingBehind() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.pass(0);
        a.dies();
        machine.showMessages(1);
        assertEquals("", machine.pass(1));
        ScriptedTask b = machine.enter("B");
        machine.passAll();
        assertTrue(b.cpu() >= 0);
    }

    @Test
    void aTaskIsHandedToWhereItMayRun() {
        ScriptedMachine machine = machine(4);
        ScriptedTask a = machine.enter("A");
        machine.passAll();
        assertEquals("1=A", machine.running());
        a.isRestricted(3);
        a.losesCpu();
        machine.passAll();
        assertEquals("3=A", machine.running());
    }

    @Test
    void aSuccessorGoesOnWhereItsPredecessorWas() {
        ScriptedMachine machine = machine(2);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        ScriptedTask d = machine.enter("D", false);
        machine.passAll();
        assertEquals("0=B 1=A", machine.running());
        machine.follow(new FifoPerCpu(), Map.of(), 0);
        machine.swap();
        assertEquals("", machine.passAll());
        a.blocks();
        machine.passAll();
        assertEquals("0=B 1=C", machine.running());
        a.wakes();
        d.wakes();
        machine.blockAll();
        machine.passAll();
        assertEquals(2, machine.running().split(" ").length, machine.running());
    }

    @Test
    void lostMessagesAreMadeGoodByDiscovery() {
        ScriptedMachine machine = machine(1);
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass(0);
        a.blocks();
        machine.loseMessages(0);
        machine.resync();
        assertEquals("0=B", machine.pass(0));
    }
}
