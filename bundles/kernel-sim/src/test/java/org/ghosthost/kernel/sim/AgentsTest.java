package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.ghosthost.kernel.sim.Lab.US;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;

/** How agents are driven: what wakes them, what they pay, what they wait for. */
class AgentsTest {
    private final Lab lab = new Lab(4, "0-2");

    @Test
    void anAgentDoesOnePassWhenItIsAttached() {
        ScriptedAgent agent = lab.agent(1);
        lab.settle();
        assertEquals(1, agent.passes);
        lab.kernel.runFor(100 * MS);
        assertEquals(1, agent.passes);
    }

    @Test
    void waitingSpinningCostsNoEvents() {
        ScriptedAgent agent = lab.globalAgent(0);
        lab.kernel.runFor(10_000 * MS);
        assertEquals(1, agent.passes);
    }

    @Test
    void anAgentIsCalledAtItsDeadlineAndNotBefore() {
        ScriptedAgent agent = lab.agent(1);
        agent.waitUntil = lab.kernel.now() + 5 * MS;
        lab.kernel.runFor(4 * MS);
        assertEquals(1, agent.passes);
        agent.script = a -> a.waitUntil = Policy.UNTIL_MESSAGE;
        lab.kernel.runFor(2 * MS);
        assertEquals(2, agent.passes);
    }

    @Test
    void aSpinningAgentIsCalledAtItsDeadlineToo() {
        ScriptedAgent agent = lab.globalAgent(1);
        agent.waitUntil = lab.kernel.now() + 5 * MS;
        agent.script = a -> a.waitUntil = a.passes == 1 ? lab.kernel.now() + 5 * MS : Policy.UNTIL_MESSAGE;
        lab.kernel.runFor(4 * MS);
        assertEquals(1, agent.passes);
        lab.kernel.runFor(2 * MS);
        assertEquals(2, agent.passes);
    }

    @Test
    void againMakesTimePass() {
        ScriptedAgent agent = lab.agent(1);
        agent.waitUntil = Policy.AGAIN;
        lab.kernel.runFor(72 * US);
        assertTrue(agent.passes > 900 && agent.passes <= 1001, "passes: " + agent.passes);
    }

    @Test
    void aPingWakesAnAgentAndRaisesItsBarrier() {
        ScriptedAgent agent = lab.agent(1);
        lab.settle();
        int barrier = lab.enclave.statusWords().barrier(agent.word);
        for (int i = 1; i <= 10; i++) {
            assertTrue(lab.enclave.ping(1));
            lab.settle();
            assertEquals(1 + i, agent.passes);
            assertEquals(barrier + i, lab.enclave.statusWords().barrier(agent.word));
        }
        assertFalse(lab.enclave.ping(3));
        assertFalse(lab.enclave.ping(77));
    }

    @Test
    void aPassCostsItsMessagesAndCommits() {
        long[] cost = new long[1];
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        lab.agent(2);
        lab.settle();
        Lab.Puppet a = lab.ghost("a").runs(MS);
        Lab.Puppet b = lab.ghost("b").runs(MS);
        global.script = agent -> {
            if (agent.seen.size() == 2 && agent.passes > 0 && lab.task(a).onCpu < 0) {
                agent.open(1, a.gtid, 1, INLINE);
                agent.open(2, b.gtid, 1, INLINE);
            }
        };
        lab.kernel.observe(new MachineObserver() {
            @Override
            public void agentPass(int enclave, int cpu, int messages, int decisions, long costNs, long now) {
                if (decisions == 2) {
                    cost[0] = costNs - 265L * messages;
                }
            }
        });
        lab.settle();
        assertTrue(lab.onCpu(a, 1) && lab.onCpu(b, 2));
        assertEquals(72 + CostTable.PAPER.commitNs(2), cost[0]);
        long switchedNs = lab.enclave.statusWords().switchTimeNs(lab.task(a).statusWord);
        assertEquals(CostTable.PAPER.targetNs(2), lab.task(a).userFrom - switchedNs);
    }

    @Test
    void aLocalCommitRunsTheTaskAndTheAgentSleeps() {
        ScriptedAgent agent = lab.agent(1);
        lab.defaultQueue(agent.queue);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.run(agent, t, 1);
        assertTrue(lab.onCpu(t, 1));
        assertEquals(CostTable.PAPER.scheduleLocal(),
                lab.task(t).userFrom - lab.enclave.statusWords().switchTimeNs(lab.task(t).statusWord));
        int passes = agent.passes;
        lab.kernel.runFor(2 * MS);
        assertEquals("NEW BLOCKED", lab.log(agent));
        assertEquals(passes + 1, agent.passes);
    }

    @Test
    void theDeadlineHoldsAlsoAfterALocalCommit() {
        ScriptedAgent agent = lab.agent(1);
        lab.defaultQueue(agent.queue);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        agent.waitUntil = lab.kernel.now() + 3 * MS;
        agent.script = a -> {
            if (lab.kernel.now() >= agent.waitUntil) {
                a.waitUntil = Policy.UNTIL_MESSAGE;
            } else {
                a.open(1, t.gtid, a.taskBarrier(t.gtid), INLINE);
            }
        };
        lab.enclave.ping(1);
        lab.kernel.runFor(2 * MS);
        assertTrue(lab.onCpu(t, 1));
        lab.kernel.runFor(2 * MS);
        assertEquals("NEW PREEMPT", lab.log(agent));
        assertFalse(lab.onCpu(t, 1));
    }

    @Test
    void aMessageInAQueueThatNamesTheAgentWakesIt() throws KernelException {
        ScriptedAgent one = lab.agent(1);
        ScriptedAgent two = lab.agent(2);
        lab.defaultQueue(one.queue);
        lab.settle();
        lab.ghost("t");
        lab.settle();
        assertEquals("NEW", one.log());
        assertEquals(1, two.passes);
        lab.enclave.configWakeup(one.queue, 2);
        lab.settle();
        assertEquals(2, two.passes);
        lab.ghost("u");
        lab.settle();
        assertEquals(3, two.passes);
        assertEquals(1, lab.enclave.depth(one.queue));
    }

    @Test
    void rtlaOnBlockedAndYieldAndPreemptRunTheAgentOfTheCpu() {
        ScriptedAgent global = lab.globalAgent(0);
        ScriptedAgent local = lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(10 * US).yields();
        lab.settle();
        int passes = local.passes;
        lab.commit(global, t, 1, INLINE | TransactionFlags.RTLA_ON_YIELD);
        lab.settle();
        assertEquals(passes + 1, local.passes);
        t.runs(10 * US);
        lab.commit(global, t, 1, INLINE);
        lab.settle();
        assertEquals(passes + 1, local.passes);
        lab.wake(t);
        t.runs(10 * US);
        lab.commit(global, t, 1, INLINE | TransactionFlags.RTLA_ON_BLOCKED);
        lab.settle();
        assertEquals(passes + 2, local.passes);
        lab.wake(t);
        t.runs(10 * MS);
        lab.commit(global, t, 1, INLINE | TransactionFlags.RTLA_ON_PREEMPT);
        lab.fair("fair", 1).runs(10 * US);
        lab.settle();
        assertEquals(passes + 3, local.passes);
    }

    @Test
    void rtlaOnIdleRunsTheAgentWhenTheCpuIsIdle() {
        lab.globalAgent(0);
        ScriptedAgent local = lab.agent(1);
        lab.settle();
        local.waitFlags = TransactionFlags.RTLA_ON_IDLE;
        local.script = a -> a.waitFlags = a.passes < 5 ? TransactionFlags.RTLA_ON_IDLE : 0;
        lab.enclave.ping(1);
        lab.settle();
        assertEquals(5, local.passes);
    }

    @Test
    void realTimeTasksComeBeforeAgents() {
        ScriptedAgent agent = lab.globalAgent(1);
        agent.script = a -> a.waitUntil = lab.kernel.now() + 100 * US;
        lab.kernel.runFor(MS);
        Lab.Puppet rt = lab.rt("rt", 1).runs(MS);
        lab.settle();
        int passes = agent.passes;
        assertTrue(lab.onCpu(rt, 1));
        lab.kernel.runFor(500 * US);
        assertEquals(passes, agent.passes);
        lab.kernel.runFor(2 * MS);
        assertTrue(agent.passes > passes);
    }

    @Test
    void aPassThatIsInterruptedByRealTimeGoesOnAfterwards() {
        Lab slow = new Lab(2, "0-1", c -> c.withCosts(CostTable.PAPER.with("messageGlobal", 400_000)));
        ScriptedAgent global = slow.globalAgent(0);
        slow.agent(1);
        slow.settle();
        Lab.Puppet t = slow.ghost("t").runs(MS);
        global.script = a -> {
            if (a.seen.size() == 1) {
                a.open(1, t.gtid, 1, INLINE);
            }
        };
        slow.kernel.runFor(100 * US);
        slow.rt("rt", 0).runs(MS);
        slow.kernel.runFor(800 * US);
        assertFalse(slow.onCpu(t, 1));
        slow.kernel.runFor(600 * US);
        assertTrue(slow.onCpu(t, 1));
    }

    @Test
    void aSpinningAgentLearnsThatItIsBoosted() {
        ScriptedAgent agent = lab.globalAgent(0);
        lab.settle();
        boolean[] boosted = new boolean[1];
        agent.script = a -> boosted[0] =
                (lab.enclave.statusWords().flags(a.word) & StatusWordLayout.FLAG_BOOSTED) != 0;
        lab.fair("fair", 0).runs(US);
        lab.settle();
        assertTrue(boosted[0]);
        assertEquals(2, agent.passes);
        assertFalse((lab.enclave.statusWords().flags(agent.word) & StatusWordLayout.FLAG_CPU_AVAILABLE) != 0);
    }

    @Test
    void anAgentThatBlocksForRealIsToldAndCannotBeWoken() {
        lab.set(Tunable.DELIVER_AGENT_RUNNABILITY, 1);
        ScriptedAgent global = lab.globalAgent(0);
        ScriptedAgent agent = lab.agent(1);
        lab.enclave.associateAgent(1, global.queue, 0);
        lab.settle();
        int passes = agent.passes;
        assertTrue(lab.kernel.blockAgent(1, 5 * MS));
        lab.kernel.runFor(MS);
        lab.enclave.ping(1);
        lab.kernel.runFor(MS);
        assertEquals(passes, agent.passes);
        assertEquals("CPU_AGENT_BLOCKED", lab.log(global));
        lab.kernel.runFor(4 * MS);
        assertEquals("CPU_AGENT_WAKEUP", lab.log(global));
        assertTrue(agent.passes > passes);
    }

    @Test
    void theGlobalAgentMovesToAnotherCpu() {
        ScriptedAgent global = lab.globalAgent(0);
        ScriptedAgent next = lab.agent(2);
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 2);
        global.script = a -> {
            global.spins = false;
            next.spins = true;
            lab.enclave.ping(2);
        };
        lab.pass(global);
        assertEquals("NEW", global.log());
        assertEquals(1, lab.enclave.depth(global.queue)); // the PREEMPT, for who drains the queue from now on
        assertTrue(lab.machine.cpus[0].isIdle());
        assertTrue(lab.machine.cpus[2].agentCurrent);
    }

    @Test
    void attachingIsRefusedForGoodReasons() throws KernelException {
        ScriptedAgent agent = new ScriptedAgent(lab.enclave, 1, -1, false);
        assertEquals(Errno.ENXIO, refused(() -> lab.enclave.attachAgent(1, -1, agent)));
        assertEquals(Errno.ENODEV, refused(() -> lab.enclave.attachAgent(3, -1, agent)));
        assertEquals(Errno.ENODEV, refused(() -> lab.enclave.attachAgent(-1, -1, agent)));
        assertEquals(Errno.EINVAL, refused(() -> lab.enclave.attachAgent(1, 7, agent)));
        lab.agent(1);
        assertEquals(Errno.EBUSY, refused(() -> lab.enclave.attachAgent(1, 0, agent)));
        Lab full = new Lab(2, "0-1", c -> c.withStatusWords(1));
        full.agent(0);
        assertEquals(Errno.ENOMEM, refused(() -> full.enclave.attachAgent(1, 0, agent)));
        lab.enclave.destroy();
        assertEquals(Errno.EXDEV, refused(() -> lab.enclave.attachAgent(2, 0, agent)));
        assertEquals(0, lab.kernel.liveTasks());
    }

    @Test
    void detachingTellsOfTheLatchAndFreesTheWord() throws KernelException {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        int words = lab.enclave.words.available();
        lab.enclave.table.open(1, t.gtid, 1, 0, INLINE, 0, 0);
        lab.enclave.commit(0, CpuSet.of(1));
        lab.enclave.detachAgent(1);
        lab.settle();
        assertEquals("NEW PREEMPT(latched)", global.log());
        assertEquals(words + 1, lab.enclave.words.available());
        assertEquals(Errno.ESRCH, refused(() -> lab.enclave.detachAgent(1)));
        assertEquals(TransactionState.NO_AGENT, lab.commit(global, t, 1, INLINE));
    }

    @Test
    void anAgentMayEndItselfInTheMiddleOfItsPass() {
        ScriptedAgent agent = lab.agent(1);
        agent.after = a -> assertEquals(null, detach());
        lab.settle();
        assertEquals(1, agent.passes);
        assertTrue(lab.machine.cpus[1].isIdle());
        assertFalse(lab.enclave.ping(1));
    }

    private KernelException detach() {
        try {
            lab.enclave.detachAgent(1);
            return null;
        } catch (KernelException e) {
            return e;
        }
    }

    private static Errno refused(org.junit.jupiter.api.function.Executable action) {
        return assertThrows(KernelException.class, action).errno();
    }
}
