package org.ghosthost.kernel.sim;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Why a commit is refused, and which reason comes first when there are several. */
class CommitErrorsTest {
    private final Lab lab = new Lab(5, "0-3");
    private final ScriptedAgent global = lab.globalAgent(0);
    private int committer = 0;
    private int generation;

    private Lab.Puppet task(String name) {
        return lab.ghost(name).runs(100 * MS);
    }

    /** Commits as the global agent does, but right now. */
    private TransactionState commit(int cpu, long gtid, int barrier, int flags) {
        lab.enclave.table.open(cpu, gtid, barrier, 0, flags, 0, generation);
        lab.enclave.commit(committer, CpuSet.of(cpu));
        return TransactionState.of(lab.enclave.table.state(cpu));
    }

    private TransactionState commit(int cpu, Lab.Puppet task, int flags) {
        return commit(cpu, task.gtid, lab.task(task).barrier, flags);
    }

    private void poke(int cpu, int field, int value) {
        lab.enclave.slots.set(JAVA_INT, (long) cpu * TransactionLayout.SIZE + field, value);
    }

    @Test
    void ofSeveralFaultsTheFirstInTheKernelsOrderIsReported() throws KernelException {
        lab.agent(1);
        Lab.Puppet running = task("running");
        Lab.Puppet blocked = lab.ghost("blocked");
        Lab.Puppet gated = task("gated");
        Lab.Puppet ready = task("ready");
        Lab.Puppet fair = lab.fair("fair", 4).runs(100 * MS);
        lab.settle();
        lab.run(global, blocked, 1);
        lab.settle();
        lab.enclave.leave(gated.gtid);
        lab.enclave.enter(gated.gtid);
        lab.settle();
        lab.machine.properties.setAffinity(lab.task(running), CpuSet.of(1));
        lab.machine.properties.setAffinity(lab.task(ready), CpuSet.of(3));
        lab.kernel.setOnline(2, false);
        lab.settle();
        lab.run(global, running, 1);

        // Everything is wrong; then one thing after the other is put right.
        committer = 3;
        generation = 99;
        poke(2, TransactionLayout.VERSION, 1);
        poke(2, TransactionLayout.CPU, 3);
        int bad = 1 << 14; // a run flag that does not exist
        assertEquals(TransactionState.UNSUPPORTED_VERSION, commit(2, 12345, 9, INLINE | bad));
        poke(2, TransactionLayout.VERSION, 0);
        assertEquals(TransactionState.INVALID_CPU, commit(2, 12345, 9, INLINE | bad));
        poke(2, TransactionLayout.CPU, 2);
        assertEquals(TransactionState.INVALID_FLAGS, commit(2, 12345, 9, INLINE | bad));
        assertEquals(TransactionState.CPU_OFFLINE, commit(2, 12345, 9, INLINE));
        lab.kernel.setOnline(2, true);
        assertEquals(TransactionState.TARGET_NOT_FOUND, commit(2, 12345, 9, INLINE));
        long agent = lab.enclave.statusWords().gtid(global.word);
        assertEquals(TransactionState.INVALID_TARGET, commit(2, agent, 9, INLINE));
        assertEquals(TransactionState.TARGET_STALE, commit(2, gated, INLINE));
        assertEquals(TransactionState.INVALID_TARGET, commit(2, fair.gtid, 9, INLINE));
        assertEquals(TransactionState.TARGET_STALE, commit(2, blocked.gtid, 9, INLINE));
        assertEquals(TransactionState.TARGET_NOT_RUNNABLE, commit(2, blocked, INLINE));
        assertEquals(TransactionState.TARGET_ONCPU, commit(2, running, INLINE));
        assertEquals(TransactionState.INVALID_CPU, commit(2, ready, INLINE));
        lab.machine.properties.setAffinity(lab.task(ready), CpuSet.of(2));
        assertEquals(TransactionState.NO_AGENT, commit(2, ready, INLINE));
        lab.agent(2);
        lab.settle();
        assertEquals(TransactionState.NOT_PERMITTED, commit(2, ready, INLINE));
        committer = 0;
        assertEquals(TransactionState.AGENT_STALE, commit(2, ready, INLINE));
        generation = 0;
        lab.rt("rt", 2).runs(MS);
        lab.settle();
        assertEquals(TransactionState.CPU_UNAVAIL, commit(2, ready, INLINE));
        lab.kernel.runFor(2 * MS);
        lab.enclave.ping(2);
        lab.settle();
        committer = 2;
        assertEquals(TransactionState.AGENT_STALE, commit(2, ready, INLINE));
        committer = 0;
        assertEquals(TransactionState.COMPLETE, commit(2, ready, INLINE));
    }

    @Test
    void aFailedCommitLeavesEverythingAsItWas() {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        Lab.Puppet current = lab.ghost("current").runs(100 * MS);
        lab.settle();
        lab.run(global, current, 1);
        int barrier = lab.task(t).barrier;
        int agentBarrier = lab.machine.cpus[1].agent.thread.barrier;
        assertEquals(TransactionState.TARGET_STALE, commit(1, t.gtid, barrier + 1, INLINE));
        assertEquals(
                TransactionState.AGENT_STALE, commit(1, t, INLINE | TransactionFlags.DO_NOT_PREEMPT));
        lab.settle();
        assertTrue(lab.onCpu(current, 1));
        assertEquals(barrier, lab.task(t).barrier);
        assertEquals(agentBarrier, lab.machine.cpus[1].agent.thread.barrier);
        assertFalse(lab.machine.cpus[1].isLatched());
    }

    @Test
    void aFailedCommitRaisesTheAgentsBarrierIfAsked() {
        lab.agent(1);
        lab.settle();
        int before = lab.machine.cpus[1].agent.thread.barrier;
        assertEquals(
                TransactionState.TARGET_NOT_FOUND,
                commit(1, 12345, 0, INLINE | TransactionFlags.INC_AGENT_BARRIER_ON_FAILURE));
        assertEquals(before + 1, lab.machine.cpus[1].agent.thread.barrier);
    }

    @Test
    void aSuccessfulCommitRaisesTheAgentsBarrierUnlessAskedNotTo() {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        int before = lab.machine.cpus[1].agent.thread.barrier;
        assertEquals(TransactionState.COMPLETE, commit(1, t, INLINE | TransactionFlags.ELIDE_AGENT_BARRIER_INC));
        assertEquals(before, lab.machine.cpus[1].agent.thread.barrier);
        assertEquals(TransactionState.COMPLETE, commit(1, t, INLINE));
        assertEquals(before + 1, lab.machine.cpus[1].agent.thread.barrier);
    }

    @ParameterizedTest
    @ValueSource(ints = {
        TransactionFlags.COMMIT_AT_SCHEDULE | INLINE,
        INLINE | TransactionFlags.ELIDE_AGENT_BARRIER_INC | TransactionFlags.INC_AGENT_BARRIER_ON_FAILURE,
        INLINE | TransactionFlags.NEED_CPU_NOT_IDLE,
        INLINE | 1 << 3,
        INLINE | 1 << 22
    })
    void flagsThatContradictEachOtherAreRefused(int flags) {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        assertEquals(TransactionState.INVALID_FLAGS, commit(1, t, flags));
    }

    @Test
    void specialTargetsHaveFlagsOfTheirOwn() {
        lab.agent(1);
        lab.settle();
        int rtla = INLINE | TransactionFlags.RTLA_ON_IDLE;
        assertEquals(TransactionState.INVALID_FLAGS, commit(1, Gtid.AGENT, 0, rtla));
        assertEquals(TransactionState.INVALID_FLAGS, commit(1, Gtid.AGENT, 0, INLINE | 1));
        assertEquals(TransactionState.INVALID_FLAGS, commit(1, Gtid.IDLE, 0, rtla));
        assertEquals(TransactionState.COMPLETE, commit(1, Gtid.NULL, 0, rtla));
        assertEquals(TransactionState.COMPLETE, commit(1, Gtid.AGENT, 0, INLINE));
        assertEquals(TransactionState.INVALID_TARGET, commit(1, -3, 0, INLINE));
    }

    @Test
    void theIdleTaskIsOnAnIdleCpuAlready() {
        lab.agent(1);
        lab.settle();
        assertEquals(TransactionState.TARGET_ONCPU, commit(1, Gtid.IDLE, 0, INLINE));
        assertEquals(
                TransactionState.COMPLETE, commit(1, Gtid.IDLE, 0, INLINE | TransactionFlags.ALLOW_TASK_ONCPU));
    }

    @Test
    void anyThreadMayPingAnAgentButNothingElse() {
        ScriptedAgent agent = lab.agent(1);
        lab.settle();
        committer = 3;
        int passes = agent.passes;
        assertEquals(TransactionState.COMPLETE, commit(1, Gtid.AGENT, 0, INLINE));
        lab.settle();
        assertEquals(passes + 1, agent.passes);
        assertEquals(TransactionState.NOT_PERMITTED, commit(1, Gtid.NULL, 0, INLINE));
    }

    @Test
    void aTaskThatIsThereAlreadyStaysIfAllowed() {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        lab.run(global, t, 1);
        long switches = lab.enclave.statusWords().switchTimeNs(lab.task(t).statusWord);
        int flags = INLINE | TransactionFlags.ALLOW_TASK_ONCPU;
        assertEquals(TransactionState.TARGET_ONCPU, commit(1, t, INLINE));
        assertEquals(TransactionState.COMPLETE, commit(1, t, flags));
        lab.settle();
        assertEquals(switches, lab.enclave.statusWords().switchTimeNs(lab.task(t).statusWord));
        lab.machine.cpus[1].mustResched = true;
        assertEquals(TransactionState.TARGET_STALE, commit(1, t, flags));
        lab.machine.cpus[1].mustResched = false;
        lab.agent(2);
        assertEquals(TransactionState.TARGET_ONCPU, commit(2, t, flags));
    }

    @Test
    void nobodyDecidesWhileTheBackendDoes() throws KernelException {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        lab.enclave.setMode(EnclaveMode.HOLD, 0);
        assertEquals(TransactionState.AGENT_STALE, commit(1, t, INLINE));
        lab.enclave.setMode(EnclaveMode.AGENTS, 0);
        assertEquals(TransactionState.COMPLETE, commit(1, t, INLINE));
    }

    @Test
    void aPastGenerationDecidesNothingAnyMore() {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(100 * MS);
        lab.settle();
        lab.enclave.setGeneration(1);
        assertEquals(TransactionState.AGENT_STALE, commit(1, t, INLINE));
        generation = 1;
        assertEquals(TransactionState.COMPLETE, commit(1, t, INLINE));
    }

    @Test
    void aCpuOfAnotherEnclaveIsRefused() throws KernelException {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.kernel.createEnclave(2, CpuSet.of(4));
        assertEquals(TransactionState.INVALID_CPU, commit(4, t, INLINE));
    }

    @Test
    void aRemoteFailurePoisonsTheOwnCommit() {
        lab.agent(1);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        global.script = a -> {
            a.open(1, 12345, 0, INLINE);
            a.open(0, t.gtid, 1, INLINE);
        };
        lab.pass(global);
        assertEquals(TransactionState.TARGET_NOT_FOUND, global.outcome(1));
        assertEquals(TransactionState.POISONED, global.outcome(0));
    }

    @Test
    void aNewCommitSilentlyTakesTheLatchFromAnotherCpu() {
        lab.agent(1);
        lab.agent(2);
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.settle();
        lab.log(global);
        assertEquals(TransactionState.COMPLETE, commit(1, t, INLINE));
        assertEquals(TransactionState.COMPLETE, commit(2, t, INLINE));
        lab.settle();
        assertTrue(lab.onCpu(t, 2));
        assertEquals("", lab.log(global));
    }

    @Test
    void aLatchThatIsOverwrittenIsTold() {
        lab.agent(1);
        Lab.Puppet first = lab.ghost("first").runs(MS);
        Lab.Puppet second = lab.ghost("second").runs(MS);
        lab.settle();
        lab.log(global);
        assertEquals(TransactionState.COMPLETE, commit(1, first, INLINE));
        assertEquals(TransactionState.COMPLETE, commit(1, second, INLINE));
        lab.settle();
        assertTrue(lab.onCpu(second, 1));
        assertEquals("PREEMPT(latched)", lab.log(global));
    }
}
