package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.ghosthost.kernel.sim.Lab.US;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave.Counter;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;

/** What is different on a machine that behaves like sched_ext, and what goes wrong on purpose. */
class SchedExtProfileTest {
    private final Lab lab = new Lab(2, "0-1", c -> c.withProfile(Profile.SCHED_EXT));

    @Test
    void whatSchedExtLacksIsNotOffered() {
        for (Feature lacking : new Feature[] {
            Feature.SWITCHTO, Feature.TIMERS, Feature.L1D_FLUSH, Feature.AGENT_RUNNABILITY
        }) {
            assertFalse(lab.kernel.features().contains(lacking));
        }
        lab.agent(0);
        assertEquals(-Errno.EINVAL.number(), lab.enclave.armTimer(0, 0, 0, 0));
        assertEquals(
                Errno.ENOTSUP,
                assertThrows(
                                KernelException.class,
                                () -> lab.enclave.setTunable(Tunable.DELIVER_AGENT_RUNNABILITY, 1))
                        .errno());
    }

    @Test
    void someOutcomesComeLateAndTheAgentIsCalledThen() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        lab.settle();
        int late = 0;
        for (int i = 0; i < 100; i++) {
            lab.enclave.table.open(1, 12345, 0, 0, INLINE, 0, 0);
            int passes = global.passes;
            lab.enclave.commit(0, CpuSet.of(1));
            if (!TransactionState.isResult(lab.enclave.table.state(1))) {
                late++;
                assertTrue(lab.enclave.table.state(1) != TransactionLayout.STATE_READY);
                lab.settle();
                assertTrue(global.passes > passes);
            }
            assertEquals(TransactionState.TARGET_NOT_FOUND, TransactionState.of(lab.enclave.table.state(1)));
        }
        assertTrue(late > 10 && late < 50, "late: " + late);
    }

    @Test
    void anOutcomeComesBeforeTheNextMessageOfItsTask() {
        lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        for (int i = 0; i < 100; i++) {
            lab.enclave.table.open(1, t.gtid, -1, 0, INLINE, 0, 0);
            lab.enclave.commit(0, CpuSet.of(1));
            lab.machine.properties.setNice(lab.task(t), i % 2);
            assertEquals(TransactionState.TARGET_STALE, TransactionState.of(lab.enclave.table.state(1)));
        }
    }

    @Test
    void tasksRunWithoutACommitAndArePutOffAgain() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        lab.ghost("t").runs(100 * MS);
        lab.kernel.runFor(100 * MS);
        assertTrue(global.log().startsWith("NEW PREEMPT PREEMPT"), global.log());
        assertEquals(0, lab.enclave.count(Counter.TRANSACTIONS));
    }

    @Test
    void aTaskThatExitsIsDeadWithoutHavingBlocked() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        lab.ghost("t").runs(10 * US).exits();
        lab.kernel.runFor(100 * MS);
        assertFalse(global.log().contains("BLOCKED"), global.log());
        assertTrue(global.log().endsWith("DEAD"), global.log());
    }

    @Test
    void aSaneAgentStillFinishesEverything() throws KernelException {
        StatelessAgent agent = new StatelessAgent(lab.enclave, lab.machine, 0, lab.enclave.createQueue(1024));
        lab.defaultQueue(0);
        agent.word = lab.enclave.attachAgent(0, 0, agent);
        lab.agent(1);
        int[] marks = new int[1];
        for (int i = 0; i < 5; i++) {
            lab.kernel.spawn(Programs.ghost("t" + i, Programs.periodic(100 * US, 100 * US, 100)), lab.enclave);
        }
        for (int i = 0; i < 1000 && lab.kernel.liveTasks() > 0; i++) {
            lab.kernel.runFor(MS);
            marks[0] += lab.enclave.takeResync() ? 1 : 0;
        }
        assertEquals(0, lab.kernel.liveTasks());
        assertTrue(marks[0] > 0, "status words are to be read again now and then");
    }

    @Test
    void theAttachmentIsLostByChance() {
        Lab unlucky = new Lab(2, "0-1", c -> c.withFaults(new FaultPlan(0, 0, 0, 20_000)));
        String[] reason = new String[1];
        unlucky.enclave.onDestroyed(r -> reason[0] = r);
        Lab.Puppet t = unlucky.ghost("t").runs(10 * MS);
        unlucky.kernel.runFor(1000 * MS);
        assertFalse(unlucky.enclave.alive());
        assertTrue(reason[0].contains("attachment"), reason[0]);
        assertEquals(Task.BLOCKED, unlucky.task(t).state);
    }

    @Test
    void agentsStallAndMessagesOverflowByChance() {
        Lab unlucky = new Lab(2, "0-1", c -> c.withFaults(new FaultPlan(500_000, 10 * MS, 500_000, 0)));
        unlucky.globalAgent(0);
        unlucky.agent(1);
        long[] longest = new long[1];
        unlucky.kernel.observe(new MachineObserver() {
            @Override
            public void agentPass(int enclave, int cpu, int messages, int decisions, long costNs, long now) {
                longest[0] = Math.max(longest[0], costNs);
            }
        });
        for (int i = 0; i < 20; i++) {
            unlucky.ghost("t" + i);
            unlucky.kernel.runFor(MS);
        }
        assertTrue(longest[0] > 10 * MS);
        assertTrue(unlucky.enclave.count(Counter.OVERFLOWS) > 0);
        assertTrue(unlucky.enclave.takeResync());
    }
}
