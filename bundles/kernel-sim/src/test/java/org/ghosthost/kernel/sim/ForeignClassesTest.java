package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.MS;
import static org.ghosthost.kernel.sim.Lab.US;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.junit.jupiter.api.Test;

/** The other classes on the machine, tasks that change class, and the modes in which the machine itself schedules. */
class ForeignClassesTest {
    private final Lab lab = new Lab(2, "0-1");

    @Test
    void fairTasksShareACpuInTurns() {
        Lab.Puppet a = lab.fair("a", 0).runs(100 * MS);
        Lab.Puppet b = lab.fair("b", 0).runs(100 * MS);
        lab.kernel.runFor(60 * MS);
        long difference = Math.abs(lab.task(a).runtime - lab.task(b).runtime);
        assertTrue(difference < 4 * MS, "difference " + difference);
        assertTrue(lab.task(a).runtime + lab.task(b).runtime > 55 * MS);
    }

    @Test
    void fairTasksSpreadOverTheCpus() {
        for (int i = 0; i < 4; i++) {
            lab.fair("t" + i).runs(10 * MS);
        }
        lab.kernel.runFor(21 * MS);
        lab.kernel.runFor(MS);
        for (Cpu c : lab.machine.cpus) {
            assertTrue(c.isIdle());
        }
    }

    @Test
    void realTimeTakesACpuFromFairAndKeepsIt() {
        Lab.Puppet fair = lab.fair("fair", 0).runs(10 * MS);
        lab.settle();
        Lab.Puppet rt = lab.rt("rt", 0).runs(5 * MS);
        lab.settle();
        assertTrue(lab.onCpu(rt, 0));
        lab.kernel.runFor(4 * MS);
        assertTrue(lab.onCpu(rt, 0));
        lab.kernel.runFor(2 * MS);
        assertTrue(lab.onCpu(fair, 0));
    }

    @Test
    void aYieldLetsTheOtherGoFirst() {
        Lab.Puppet a = lab.fair("a", 0).runs(10 * US).yields().runs(MS);
        Lab.Puppet b = lab.fair("b", 0).runs(MS);
        lab.settle();
        assertTrue(lab.onCpu(b, 0));
        assertFalse(lab.onCpu(a, 0));
    }

    @Test
    void aTaskFollowsItsAffinity() {
        Lab.Puppet a = lab.fair("a", 0).runs(10 * MS);
        lab.settle();
        lab.machine.properties.setAffinity(lab.task(a), CpuSet.of(1));
        lab.settle();
        assertTrue(lab.onCpu(a, 1));
    }

    @Test
    void aTaskChangesItsClassBackAndForth() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(10 * US).then(c -> {
            c.setSchedulingClass(SchedulingClass.FAIR);
            return c.run(MS);
        });
        t.then(c -> {
            c.setSchedulingClass(SchedulingClass.GHOST);
            return c.run(MS);
        });
        lab.settle();
        lab.run(global, t, 1);
        lab.settle();
        assertEquals("NEW DEPARTED", lab.log(global));
        assertTrue(lab.onCpu(t, 1));
        lab.kernel.runFor(2 * MS);
        assertEquals("", lab.log(global)); // behind the gate
        assertFalse(lab.task(t).isOnCpu());
        assertEquals(0, lab.enclave.freeStatusWord(lab.task(t).gatedWord));
        lab.settle();
        assertEquals("NEW", lab.log(global));
    }

    @Test
    void aLatchIsLostToTheTaskThatHadTheCpuAndBecameRealTime() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet current = lab.ghost("current").runs(10 * MS);
        Lab.Puppet latched = lab.ghost("latched").runs(10 * MS);
        lab.settle();
        lab.run(global, current, 1);
        lab.log(global);
        lab.enclave.table.open(1, latched.gtid, 1, 0, Lab.INLINE, 0, 0);
        lab.enclave.commit(0, CpuSet.of(1));
        lab.machine.properties.setSchedulingClass(lab.task(current), SchedulingClass.RT);
        lab.settle();
        assertEquals("DEPARTED PREEMPT(latched)", lab.log(global));
        assertTrue(lab.onCpu(current, 1));
    }

    @Test
    void aSpinningTaskBurnsItsCpuUntilItIsWoken() {
        Lab.Puppet t = lab.fair("t", 0).then(c -> c.spin()).runs(US);
        lab.kernel.runFor(5 * MS);
        assertTrue(lab.onCpu(t, 0));
        lab.wake(t);
        lab.settle();
        assertEquals(Task.BLOCKED, lab.task(t).state);
        lab.wake(t);
        t.then(c -> c.spin());
        lab.wake(t);
        lab.settle();
        assertEquals(Task.BLOCKED, lab.task(t).state); // the second wake was pending
    }

    @Test
    void aPendingWakeIsKeptForTheNextBlock() {
        Lab.Puppet t = lab.fair("t", 0).runs(MS).then(c -> c.block()).runs(MS);
        lab.settle();
        lab.wake(t);
        lab.wake(t);
        lab.kernel.runFor(5 * MS);
        assertEquals(Task.BLOCKED, lab.task(t).state);
        assertEquals(2 * MS + CostTable.PAPER.switchFull(), lab.task(t).runtime);
    }

    @Test
    void aProgramThatNeverMakesTimePassIsEnded() {
        lab.kernel.spawn(Programs.of(SchedulingClass.FAIR, "t", task -> task.run(0)), null);
        lab.settle();
        assertEquals(0, lab.kernel.liveTasks());
        assertEquals(1, lab.kernel.complaints().size());
    }

    @Test
    void theMachineSchedulesFirstComeFirstServedInTurns() throws KernelException {
        lab.enclave.setMode(EnclaveMode.FIFO, 0);
        Lab.Puppet[] tasks = new Lab.Puppet[5];
        for (int i = 0; i < tasks.length; i++) {
            tasks[i] = lab.ghost("t" + i).runs(10 * MS);
        }
        lab.kernel.runFor(20 * MS);
        for (Lab.Puppet t : tasks) {
            assertTrue(lab.task(t).runtime > 5 * MS, "each has had its turns");
        }
        lab.kernel.runFor(10 * MS);
        for (Lab.Puppet t : tasks) {
            assertEquals(Task.BLOCKED, lab.task(t).state);
        }
    }

    @Test
    void aLoneTaskGoesOnWithoutASwitchUnderFifo() throws KernelException {
        lab.enclave.setMode(EnclaveMode.FIFO, 0);
        ScriptedAgent agent = lab.globalAgent(0);
        Lab.Puppet t = lab.ghost("t").runs(10 * US).yields().runs(20 * MS);
        lab.kernel.runFor(30 * MS);
        assertEquals("NEW YIELD BLOCKED", agent.log());
        assertEquals(Task.BLOCKED, lab.task(t).state);
    }

    @Test
    void inHoldWhatRunsGoesOnAndWhatWaitsWaits() throws KernelException {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet a = lab.ghost("a").runs(10 * MS);
        Lab.Puppet b = lab.ghost("b").runs(10 * MS);
        lab.settle();
        lab.run(global, a, 1);
        lab.enclave.setMode(EnclaveMode.HOLD, 0);
        lab.kernel.runFor(5 * MS);
        assertTrue(lab.onCpu(a, 1));
        lab.kernel.runFor(20 * MS);
        assertEquals(Task.BLOCKED, lab.task(a).state);
        assertEquals(Task.READY, lab.task(b).state);
        lab.enclave.setMode(EnclaveMode.FIFO, 0);
        lab.kernel.runFor(20 * MS);
        assertEquals(Task.BLOCKED, lab.task(b).state);
    }

    @Test
    void changingTheModeKeepsTheOrderOfThoseThatWait() throws KernelException {
        Lab.Puppet first = lab.ghost("first").runs(2 * MS);
        lab.settle();
        Lab.Puppet second = lab.ghost("second").runs(2 * MS);
        lab.settle();
        Lab.Puppet third = lab.ghost("third").runs(2 * MS);
        lab.settle();
        lab.enclave.setMode(EnclaveMode.FIFO, 0);
        lab.settle();
        assertTrue(lab.task(first).isOnCpu() && lab.task(second).isOnCpu() && !lab.task(third).isOnCpu());
    }
}
