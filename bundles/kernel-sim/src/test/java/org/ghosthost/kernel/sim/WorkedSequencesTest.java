package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.ghosthost.kernel.sim.Lab.US;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.junit.jupiter.api.Test;

/** Whole stories of tasks and agents, from the kernel's side, message by message. */
class WorkedSequencesTest {
    private final Lab lab = new Lab(4, "0-2");
    private final ScriptedAgent global = lab.globalAgent(0);
    private final ScriptedAgent satellite = lab.agent(1);
    private final ScriptedAgent other = lab.agent(2);

    @Test
    void lifeOfATask() throws KernelException {
        Lab.Puppet t = lab.fair("t", 3);
        lab.settle();
        lab.enclave.enter(t.gtid);
        lab.settle();
        ScriptedAgent.Seen announced = global.seen.get(0);
        assertEquals("NEW", lab.log(global));
        assertFalse(announced.runnable());
        assertEquals(1, announced.seqnum());

        lab.machine.properties.setAffinity(lab.task(t), CpuSet.range(0, 3));
        lab.settle();
        lab.wake(t);
        lab.settle();
        assertEquals("AFFINITY_CHANGED WAKEUP", lab.log(global));
        assertEquals(3, lab.task(t).barrier);

        t.runs(100 * US);
        long before = lab.kernel.now();
        lab.run(global, t, 1);
        assertTrue(lab.onCpu(t, 1));
        int word = lab.task(t).statusWord;
        long committed = lab.enclave.table.commitTimeNs(1);
        assertTrue(committed > before);
        assertTrue(lab.enclave.statusWords().switchTimeNs(word) >= committed);

        lab.kernel.runFor(MS);
        assertEquals("BLOCKED", lab.log(global));
        assertFalse(lab.enclave.statusWords().onCpu(word));
        assertFalse(lab.enclave.statusWords().runnable(word));

        t.exits();
        lab.wake(t);
        lab.settle();
        lab.run(global, t, 1);
        lab.settle();
        assertEquals("WAKEUP BLOCKED DEAD", lab.log(global));
        assertEquals(0, lab.enclave.taskCount());
        assertTrue((lab.enclave.statusWords().flags(word) & StatusWordLayout.FLAG_CAN_FREE) != 0);
        assertEquals(0, lab.enclave.freeStatusWord(word));
        assertEquals(-Errno.EALREADY.number(), lab.enclave.freeStatusWord(word));
    }

    @Test
    void aTaskThatEntersWhileItRunsIsPutOffItsCpuAndThenAnnounced() throws KernelException {
        Lab.Puppet t = lab.fair("t", 1).runs(10 * MS);
        lab.settle();
        assertTrue(lab.onCpu(t, 1));
        lab.enclave.enter(t.gtid);
        assertEquals("", lab.log(global));
        lab.settle();
        assertTrue(global.seen.get(0).runnable());
        assertEquals("NEW", lab.log(global));
        assertFalse(lab.task(t).isOnCpu());
        lab.run(global, t, 1);
        assertTrue(lab.onCpu(t, 1));
    }

    @Test
    void anotherClassTakesTheCpuAndTheAgentComesFirstAndTakesItBackWhenIdle() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        // The task's queue belongs to the agent of CPU 1, as in a per-CPU policy.
        assertEquals(0, lab.enclave.associate(t.gtid, satellite.queue, 1));
        lab.log(global);
        lab.run(satellite, t, 1);
        satellite.waitFlags = TransactionFlags.RTLA_ON_IDLE;
        boolean[] boosted = new boolean[1];
        satellite.script = a -> boosted[0] |=
                (lab.enclave.statusWords().flags(a.word) & StatusWordLayout.FLAG_BOOSTED) != 0;
        int passes = satellite.passes;
        Lab.Puppet worker = lab.fair("kworker", 1).runs(200 * US);
        lab.settle();
        assertEquals("PREEMPT", lab.log(satellite));
        assertEquals(passes + 1, satellite.passes);
        assertTrue(boosted[0]);
        assertTrue(lab.onCpu(worker, 1));
        satellite.script = a -> a.open(1, t.gtid, 2, INLINE);
        lab.kernel.runFor(MS);
        assertEquals(TransactionState.COMPLETE, satellite.outcome(1));
        assertTrue(lab.onCpu(t, 1));
    }

    @Test
    void aLatchIsLostToAHigherClassBeforeTheTaskRan() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.log(global);
        global.script = a -> a.open(1, t.gtid, 1, INLINE);
        global.after = a -> lab.rt("rt", 1).runs(MS);
        lab.pass(global);
        assertEquals(TransactionState.COMPLETE, global.outcome(1));
        assertEquals("PREEMPT(latched)", lab.log(global));
        assertEquals(2, lab.task(t).barrier);
    }

    @Test
    void theAgentOfTheCpuWakesAndTakesTheLatchAway() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.log(global);
        global.script = a -> a.open(1, t.gtid, 1, INLINE);
        global.after = a -> lab.enclave.ping(1);
        lab.pass(global);
        assertEquals("PREEMPT(latched)", lab.log(global));
        assertFalse(lab.task(t).isOnCpu());
        assertEquals(0, lab.task(t).runtime);
    }

    @Test
    void aDeferredLatchSurvivesTheAgentOfTheCpu() {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        global.script =
                a -> a.open(1, t.gtid, 1, INLINE | TransactionFlags.DEFER_LATCHED_PREEMPTION_BY_AGENT);
        global.after = a -> lab.enclave.ping(1);
        lab.pass(global);
        assertTrue(lab.onCpu(t, 1));
    }

    @Test
    void aDecisionThatMissedAMessageIsStale() {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.machine.properties.setNice(lab.task(t), 5);
        assertEquals(TransactionState.TARGET_STALE, lab.commit(global, t.gtid, 1, 1, INLINE));
        assertEquals("NEW PRIORITY_CHANGED", lab.log(global));
        assertEquals(TransactionState.COMPLETE, lab.commit(global, t.gtid, 2, 1, INLINE));
    }

    @Test
    void anAgentThatMissedAMessageDoesNotSleep() {
        Lab.Puppet t = lab.ghost("t");
        lab.settle();
        assertEquals(0, lab.enclave.associate(t.gtid, satellite.queue, 1));
        // A message comes after the agent has read its barrier and its queue, before it blocks.
        boolean[] once = new boolean[1];
        satellite.after = a -> {
            if (!once[0]) {
                once[0] = true;
                lab.machine.properties.setNice(lab.task(t), 3);
            }
        };
        int passes = satellite.passes;
        lab.enclave.ping(1);
        lab.settle();
        assertEquals(passes + 2, satellite.passes);
        assertEquals("PRIORITY_CHANGED", lab.log(satellite));
    }

    @Test
    void aLocalCommitThatMissedAMessageIsRefused() {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.enclave.associate(t.gtid, satellite.queue, 1);
        satellite.script = a -> {
            a.open(1, t.gtid, 1, INLINE);
            lab.enclave.ping(1);
        };
        lab.pass(satellite);
        assertEquals(TransactionState.AGENT_STALE, satellite.outcome(1));
    }

    @Test
    void aTaskThatYieldsIsToldWhenItIsOffItsCpuAndStaysRunnable() {
        Lab.Puppet t = lab.ghost("t").runs(10 * US).yields().runs(10 * US);
        lab.settle();
        lab.run(global, t, 1);
        assertEquals("NEW YIELD", lab.log(global));
        assertTrue(lab.enclave.statusWords().runnable(lab.task(t).statusWord));
        assertFalse(lab.enclave.statusWords().onCpu(lab.task(t).statusWord));
        lab.run(global, t, 2);
        lab.settle();
        assertEquals("BLOCKED", lab.log(global));
    }

    @Test
    void aTaskThatComesBackIsAnnouncedOnlyWhenItsFirstDepartureWasHandled() throws KernelException {
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 1);
        int first = lab.task(t).statusWord;
        lab.enclave.leave(t.gtid);
        lab.settle();
        assertTrue(global.seen.get(1).wasCurrent());
        assertEquals("NEW DEPARTED", lab.log(global));
        lab.enclave.enter(t.gtid);
        lab.settle();
        int second = lab.task(t).statusWord;
        assertTrue(first != second);
        assertEquals("", lab.log(global));
        assertEquals(TransactionState.TARGET_STALE, lab.commit(global, t, 2, INLINE));
        assertEquals(0, lab.enclave.freeStatusWord(first));
        lab.settle();
        assertEquals("NEW", lab.log(global));
        lab.run(global, t, 2);
    }

    @Test
    void aTaskThatComesAndGoesBehindAShutGateLeavesNoTrace() throws KernelException {
        Lab.Puppet t = lab.ghost("t");
        lab.settle();
        int first = lab.task(t).statusWord;
        lab.enclave.leave(t.gtid);
        lab.settle();
        lab.log(global);
        lab.enclave.enter(t.gtid);
        lab.settle();
        lab.enclave.leave(t.gtid);
        lab.settle();
        int available = lab.enclave.words.available();
        assertEquals(0, lab.enclave.freeStatusWord(first));
        assertEquals(available + 1, lab.enclave.words.available());
        assertEquals("", lab.log(global));
    }

    @Test
    void onlyTheFirstAndTheLastHopOfASwitchtoChainAreTold() {
        Lab.Puppet t3 = lab.ghost("t3");
        Lab.Puppet t2 = lab.ghost("t2");
        Lab.Puppet t1 = lab.ghost("t1");
        lab.settle();
        lab.run(global, t3, 1);
        lab.run(global, t2, 1);
        t1.then(t -> t.switchTo(t2.id));
        t2.then(t -> t.switchTo(t3.id));
        t3.runs(20 * US);
        lab.log(global);
        long events = global.passes;
        lab.run(global, t1, 1);
        lab.kernel.runFor(MS);
        assertEquals("SWITCHTO BLOCKED(chain)", global.log());
        assertEquals(t1.gtid, global.seen.get(0).gtid());
        assertEquals(t3.gtid, global.seen.get(1).gtid());
        assertTrue(global.passes > events);
        assertTrue(lab.machine.cpus[1].isIdle());
    }

    @Test
    void withoutSwitchtoTheOtherTaskIsWokenAndThisOneBlocks() {
        lab.set(Tunable.SWITCHTO_DISABLED, 1);
        Lab.Puppet t2 = lab.ghost("t2");
        Lab.Puppet t1 = lab.ghost("t1").then(t -> t.switchTo(t2.id));
        lab.settle();
        lab.run(global, t2, 1);
        lab.log(global);
        lab.run(global, t1, 1);
        assertEquals("WAKEUP BLOCKED", lab.log(global));
    }

    @Test
    void messagesFollowATaskToItsNewQueueInOrder() {
        Lab.Puppet t = lab.ghost("t");
        lab.settle();
        int barrier = lab.task(t).barrier;
        lab.machine.properties.setNice(lab.task(t), 1);
        assertEquals(-Errno.ESTALE.number(), lab.enclave.associate(t.gtid, satellite.queue, barrier));
        assertEquals(0, lab.enclave.associate(t.gtid, satellite.queue, barrier + 1));
        assertEquals(
                KernelEnclave.ALREADY, lab.enclave.associate(t.gtid, satellite.queue, barrier + 1));
        lab.machine.properties.setNice(lab.task(t), 2);
        lab.settle();
        assertEquals("NEW PRIORITY_CHANGED", lab.log(global));
        assertEquals("PRIORITY_CHANGED", lab.log(satellite));
    }

    @Test
    void anAgentEndsAndNobodyFollows() throws KernelException {
        Lab.Puppet running = lab.ghost("running").runs(5 * MS).runs(5 * MS);
        Lab.Puppet waiting = lab.ghost("waiting").runs(MS);
        lab.settle();
        lab.run(global, running, 1);
        lab.enclave.transactions().open(2, waiting.gtid, 1, 0, INLINE, 0, 0);
        for (int cpu = 0; cpu < 3; cpu++) {
            lab.enclave.detachAgent(cpu);
        }
        assertEquals(TransactionState.NO_AGENT.code(), lab.enclave.table.state(2));
        lab.settle();
        lab.set(Tunable.RUNNABLE_TIMEOUT, 100);
        String[] reason = new String[1];
        lab.enclave.onDestroyed(r -> reason[0] = r);
        lab.kernel.runFor(90 * MS);
        assertTrue(lab.enclave.alive());
        lab.kernel.runFor(20 * MS);
        assertFalse(lab.enclave.alive());
        assertTrue(reason[0].contains("runnable_timeout"), reason[0]);
        lab.kernel.runFor(20 * MS);
        assertEquals(SchedulingClass.FAIR, lab.task(waiting).schedulingClass);
        assertEquals(Task.BLOCKED, lab.task(waiting).state);
        assertEquals(Task.BLOCKED, lab.task(running).state);
    }

    @Test
    void aSyncGroupWithAStaleMemberRunsNobody() {
        Lab.Puppet t1 = lab.ghost("t1").runs(MS);
        Lab.Puppet t2 = lab.ghost("t2").runs(MS);
        lab.settle();
        global.script = a -> {
            a.asGroup();
            a.open(1, t1.gtid, 1, INLINE);
            a.open(2, t2.gtid, 0, INLINE);
        };
        lab.pass(global);
        assertFalse(global.groupResult);
        assertEquals(TransactionState.POISONED, global.outcome(1));
        assertEquals(TransactionState.TARGET_STALE, global.outcome(2));
        assertEquals(0, lab.task(t1).runtime);
        assertEquals("NEW NEW", lab.log(global));
        global.script = a -> {
            a.asGroup();
            a.open(1, t1.gtid, 1, INLINE);
            a.open(2, t2.gtid, 1, INLINE);
        };
        lab.pass(global);
        assertTrue(global.groupResult);
        assertTrue(lab.onCpu(t1, 1) && lab.onCpu(t2, 2));
    }

    @Test
    void destroyGivesTasksAndCpusBack() throws KernelException {
        Lab.Puppet running = lab.ghost("running").runs(5 * MS);
        Lab.Puppet waiting = lab.ghost("waiting").runs(5 * MS);
        lab.settle();
        lab.run(global, running, 1);
        lab.enclave.destroy();
        lab.enclave.destroy();
        assertFalse(lab.enclave.alive());
        assertEquals(0, lab.enclave.taskCount());
        KernelException refused = null;
        try {
            lab.enclave.enter(waiting.gtid);
        } catch (KernelException e) {
            refused = e;
        }
        assertEquals(Errno.EXDEV, refused == null ? null : refused.errno());
        lab.kernel.createEnclave(1, CpuSet.range(0, 2));
        lab.kernel.runFor(20 * MS);
        assertEquals(Task.BLOCKED, lab.task(running).state);
        assertEquals(Task.BLOCKED, lab.task(waiting).state);
        assertTrue(other.passes > 0);
    }
}
