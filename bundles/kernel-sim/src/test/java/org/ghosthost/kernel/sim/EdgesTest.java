package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.ghosthost.kernel.sim.Lab.US;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;

/** Ticks, timers, availability, idle edges, and the transactions that wait for an edge. */
class EdgesTest {
    private final Lab lab = new Lab(3, "0-1");
    private final ScriptedAgent global = lab.globalAgent(0);
    private final ScriptedAgent local = lab.agent(1);

    @Test
    void ticksAreDeliveredOnlyIfAskedAndOnlyWhereGhostIs() {
        lab.kernel.runFor(20 * MS);
        assertEquals("", lab.log(global));
        lab.set(Tunable.DELIVER_TICKS, 1);
        lab.kernel.runFor(20 * MS);
        assertEquals("CPU_TICK CPU_TICK CPU_TICK CPU_TICK CPU_TICK", global.log());
        assertTrue(global.seen.get(0).isAgent());
        assertEquals(0, global.seen.get(0).cpu());
        assertEquals("", lab.log(local));
        global.seen.clear();
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        lab.run(global, t, 1);
        lab.kernel.runFor(4 * MS);
        assertEquals("CPU_TICK", local.log());
        assertFalse(local.seen.get(0).isAgent());
    }

    @Test
    void messagesAboutACpuFollowItsAgentsAssociation() {
        lab.set(Tunable.DELIVER_TICKS, 1);
        lab.kernel.runFor(5 * MS);
        int barrier = lab.enclave.statusWords().barrier(global.word);
        assertEquals(0, lab.enclave.associateAgent(0, local.queue, barrier));
        assertEquals(-Errno.ESTALE.number(), lab.enclave.associateAgent(0, local.queue, barrier + 1));
        lab.log(global);
        lab.kernel.runFor(10 * MS);
        assertEquals("", lab.log(global));
        assertTrue(local.log().startsWith("CPU_TICK CPU_TICK"));
    }

    @Test
    void aTimerExpiresInTheQueueOfItsCpusAgent() {
        assertEquals(0, lab.enclave.armTimer(1, lab.kernel.now() + MS, 7, 8));
        assertEquals(-Errno.EINVAL.number(), lab.enclave.armTimer(2, lab.kernel.now() + MS, 7, 8));
        lab.kernel.runFor(900 * US);
        assertEquals("", local.log());
        lab.kernel.runFor(200 * US);
        assertEquals("CPU_TIMER_EXPIRED", local.log());
        assertEquals(7, local.seen.get(0).timerType());
        assertEquals(8, local.seen.get(0).data());
        assertEquals("", global.log());
    }

    @Test
    void availabilityEdgesAlternateAndAgreeWithTheStatusWord() {
        lab.set(Tunable.DELIVER_CPU_AVAILABILITY, 1);
        lab.settle();
        lab.fair("a", 1).runs(MS);
        lab.fair("b", 1).runs(MS);
        lab.settle();
        assertEquals("CPU_BUSY", local.log());
        assertFalse((lab.enclave.statusWords().flags(local.word) & StatusWordLayout.FLAG_CPU_AVAILABLE) != 0);
        lab.kernel.runFor(5 * MS);
        assertEquals("CPU_BUSY CPU_AVAILABLE", local.log());
        assertTrue((lab.enclave.statusWords().flags(local.word) & StatusWordLayout.FLAG_CPU_AVAILABLE) != 0);
    }

    @Test
    void aCpuThatIsKeptIdleTellsOnceThatItIsNot() {
        lab.settle();
        global.script = a -> a.open(1, Gtid.IDLE, 0,
                INLINE | TransactionFlags.ALLOW_TASK_ONCPU | TransactionFlags.NEED_CPU_NOT_IDLE);
        lab.pass(global);
        assertEquals(TransactionState.COMPLETE, global.outcome(1));
        Lab.Puppet fair = lab.fair("fair", 1).runs(10 * US);
        lab.settle();
        assertEquals("CPU_NOT_IDLE", local.log());
        assertEquals(fair.gtid, local.seen.get(0).data());
        fair.runs(10 * US);
        lab.wake(fair);
        lab.settle();
        assertEquals("CPU_NOT_IDLE", local.log());
    }

    @Test
    void theIdleLatchPutsATaskOffItsCpu() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 1);
        lab.log(global);
        global.script = a -> a.open(1, Gtid.IDLE, 0, INLINE);
        lab.pass(global);
        assertEquals("PREEMPT", lab.log(global));
        assertTrue(lab.machine.cpus[1].isIdle());
    }

    @Test
    void theNullTargetPutsATaskOffItsCpu() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 1);
        lab.log(global);
        global.script = a -> a.open(1, Gtid.NULL, 0, INLINE);
        lab.pass(global);
        assertEquals("PREEMPT", lab.log(global));
        assertTrue(lab.machine.cpus[1].isIdle());
    }

    @Test
    void anElidedPreemptIsNotToldAndOnlyTheOne() {
        Lab.Puppet first = lab.ghost("first").runs(10 * MS);
        Lab.Puppet second = lab.ghost("second").runs(10 * MS);
        lab.settle();
        lab.run(global, first, 1);
        lab.log(global);
        assertEquals(
                TransactionState.COMPLETE, lab.commit(global, second, 1, INLINE | TransactionFlags.ELIDE_PREEMPT));
        assertEquals("", lab.log(global));
        assertTrue(lab.onCpu(second, 1));
        lab.run(global, first, 1);
        assertEquals("PREEMPT", lab.log(global));
    }

    @Test
    void aTaskThatIsReallyOnItsCpuIsToldIfAsked() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.log(global);
        lab.commit(global, t, 1, INLINE | TransactionFlags.SEND_TASK_ON_CPU);
        assertEquals("ON_CPU", global.log());
        assertEquals(lab.enclave.table.commitTimeNs(1), global.seen.get(0).data());
        lab.commit(global, t, 1, INLINE | TransactionFlags.ALLOW_TASK_ONCPU);
        lab.settle();
        assertEquals("ON_CPU", lab.log(global));
    }

    @Test
    void aCommitAtScheduleWaitsUntilTheCpuSchedules() {
        Lab.Puppet current = lab.ghost("current").runs(MS);
        Lab.Puppet next = lab.ghost("next").runs(MS);
        lab.settle();
        lab.run(global, current, 1);
        lab.enclave.table.open(1, next.gtid, 1, 0, TransactionFlags.COMMIT_AT_SCHEDULE, 0, 0);
        lab.kernel.runFor(500 * US);
        assertTrue(lab.onCpu(current, 1));
        lab.kernel.runFor(MS);
        assertTrue(lab.onCpu(next, 1));
        assertEquals("NEW NEW BLOCKED", lab.log(global));
    }

    @Test
    void aCommitAtScheduleIsKickedByTheCommitCall() {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        assertEquals(TransactionState.COMPLETE, lab.commit(global, t, 1, TransactionFlags.COMMIT_AT_SCHEDULE));
        assertTrue(lab.onCpu(t, 1));
    }

    @Test
    void aGreedyCommitIsMadeByTheTargetOrTheTick() {
        Lab.Puppet a = lab.ghost("a").runs(20 * MS);
        Lab.Puppet b = lab.ghost("b").runs(20 * MS);
        lab.settle();
        assertEquals(TransactionState.COMPLETE, lab.commit(global, a, 1, 0));
        assertTrue(lab.onCpu(a, 1));
        lab.enclave.table.open(1, b.gtid, 1, 0, 0, 0, 0);
        lab.kernel.runFor(10 * MS);
        assertTrue(lab.onCpu(a, 1));
        lab.set(Tunable.COMMIT_AT_TICK, 1);
        lab.kernel.runFor(4 * MS);
        assertTrue(lab.onCpu(b, 1));
    }

    @Test
    void aDeferredLatchIsCancelledAtTheTickIfTheAgentStillRuns() {
        local.spins = true;
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.enclave.ping(1);
        lab.settle();
        lab.log(global);
        lab.commit(global, t, 1, INLINE | TransactionFlags.DEFER_LATCHED_PREEMPTION_BY_AGENT);
        lab.settle();
        assertEquals("", global.log());
        assertTrue(lab.machine.cpus[1].isLatched());
        lab.kernel.runFor(5 * MS);
        assertEquals("PREEMPT(latched)", global.log());
    }

    @Test
    void aSliceEndsByAPreempt() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        global.script = a -> a.open(1, t.gtid, 1, INLINE, 300 * US);
        lab.pass(global);
        lab.kernel.runFor(200 * US);
        assertTrue(lab.onCpu(t, 1));
        lab.kernel.runFor(200 * US);
        assertEquals("NEW PREEMPT", global.log());
        long ran = global.seen.get(1).runtimeNs();
        assertEquals(300 * US + CostTable.PAPER.target(), ran);
    }

    @Test
    void aCommitOfATaskThatIsThereAlreadyGivesItANewSlice() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        global.script = a -> a.open(1, t.gtid, 1, INLINE, 300 * US);
        lab.pass(global);
        lab.kernel.runFor(200 * US);
        global.script = a -> a.open(1, t.gtid, 1, INLINE | TransactionFlags.ALLOW_TASK_ONCPU, 400 * US);
        lab.pass(global);
        lab.kernel.runFor(300 * US);
        assertTrue(lab.onCpu(t, 1));
        lab.kernel.runFor(100 * US);
        assertEquals("NEW PREEMPT", global.log());
        global.script = a -> a.open(1, t.gtid, 2, INLINE, 100 * US);
        lab.pass(global);
        global.script = a -> a.open(1, t.gtid, 2, INLINE | TransactionFlags.ALLOW_TASK_ONCPU);
        lab.pass(global);
        lab.kernel.runFor(5 * MS);
        assertTrue(lab.onCpu(t, 1));
    }

    @Test
    void timeSpentOnCpusIsExact() {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.run(global, t, 1);
        lab.kernel.runFor(2 * MS);
        assertEquals(MS + CostTable.PAPER.target(), lab.task(t).runtime);
        assertEquals(lab.task(t).runtime, lab.enclave.statusWords().runtimeNs(lab.task(t).statusWord));
    }

    @Test
    void cpuSeqnumOrdersTheEventsOfACpu() {
        Lab.Puppet a = lab.ghost("a").runs(10 * US).yields();
        Lab.Puppet b = lab.ghost("b").runs(10 * US);
        lab.settle();
        lab.run(global, a, 1);
        lab.settle();
        long afterA = lab.enclave.table.cpuSeqnum(1);
        lab.run(global, b, 1);
        lab.settle();
        assertTrue(global.seen.get(2).cpuSeqnum() > afterA);
        assertTrue(lab.enclave.table.cpuSeqnum(1) > global.seen.get(2).cpuSeqnum());
        assertTrue(global.seen.get(3).cpuSeqnum() > lab.enclave.table.cpuSeqnum(1));
    }

    @Test
    void affinityThatForbidsTheLatchsCpuTakesItAway() {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.log(global);
        lab.enclave.table.open(1, t.gtid, 1, 0, INLINE, 0, 0);
        lab.enclave.commit(0, CpuSet.of(1));
        lab.machine.properties.setAffinity(lab.task(t), CpuSet.of(0));
        lab.settle();
        assertEquals("AFFINITY_CHANGED PREEMPT(latched)", lab.log(global));
    }

    @Test
    void aChangeOfARunningTaskForcesItOffItsCpu() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 1);
        lab.log(global);
        lab.machine.properties.setNice(lab.task(t), 4);
        lab.settle();
        assertEquals("PRIORITY_CHANGED PREEMPT", global.log());
        assertEquals(4, global.seen.get(0).nice());
        assertEquals(4, lab.enclave.statusWords().nice(lab.task(t).statusWord));
    }

    @Test
    void aForkedTaskInheritsTheEnclaveAndNamesItsParent() {
        Lab.Puppet child = new Lab.Puppet();
        Lab.Puppet t = lab.ghost("t").then(c -> {
            child.id = c.fork(Programs.ghost("child", child));
            return c.run(MS);
        });
        lab.settle();
        lab.run(global, t, 1);
        lab.settle();
        assertEquals("NEW NEW", global.log());
        assertTrue(global.seen.get(1).runnable());
        assertEquals(t.gtid, global.seen.get(1).data());
        assertEquals(2, lab.enclave.taskCount());
    }
}
