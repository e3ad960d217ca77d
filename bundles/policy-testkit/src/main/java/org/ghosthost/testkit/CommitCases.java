package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commits: their times, groups of them, the idle task as a target. */
public abstract class CommitCases extends KernelCases {
    private static final int MAX_ROUNDS = 100_000;

    /** Cases on one machine. */
    protected CommitCases() {}

    // ---- times

    /** Commits tasks and keeps when it opened each transaction. */
    private static final class TimingAgent extends FifoAgent {
        private final TransactionTable table;
        private long openingNs;
        /** Of the last commit that succeeded: when it was opened, and when committed. */
        private volatile long[] times = {0, 0};
        private volatile int statusWordOfTask = -1;

        TimingAgent(KernelCases cases, KernelEnclave enclave, int queue) {
            super(cases.kernel, enclave, cases.cpu(0), queue);
            table = enclave.transactions();
        }

        @Override
        protected void seen(SeenMessage message) {
            super.seen(message);
            if (message.type() == MessageType.TASK_NEW) {
                statusWordOfTask = message.statusWord();
            }
        }

        @Override
        protected long schedule() {
            long now = kernel.now();
            long wait = super.schedule();
            if (decisions() > 0) {
                openingNs = now;
            }
            return wait;
        }

        @Override
        protected void outcome(int target, long gtid, TransactionState state) {
            super.outcome(target, gtid, state);
            if (state.succeeded()) {
                times = new long[] {openingNs, table.commitTimeNs(target)};
            }
        }
    }

    @Test
    @DisplayName("ApiTest.KernelTimes")
    final void aCommitAndTheSwitchAfterItTakeNoLongerThanTheKernelSidePromises() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        TimingAgent agent = control(() -> {
            int queue = enclave.createQueue(1024);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, CpuSet.NO_CPU);
            TimingAgent made = new TimingAgent(this, enclave, queue);
            made.attachWithSatellites();
            return made;
        });
        Signal runs = new Signal();
        Signal enough = new Signal();
        TestThread thread = machine.start("timed", ThreadScript.EMPTY.sleep(5 * MS).raise(runs).spinUntil(enough));
        enter(enclave, thread);
        eventually("it runs in the enclave", runs::isRaised);
        long[] seen = new long[3];
        eventually("the switch is known", () -> { // the task may be put on again and again meanwhile
            long[] times = agent.times;
            seen[0] = times[0];
            seen[1] = times[1];
            seen[2] = enclave.statusWords().switchTimeNs(agent.statusWordOfTask);
            return seen[1] != 0 && seen[2] > seen[1];
        });
        long commitNs = seen[1] - seen[0];
        long switchNs = seen[2] - seen[1];
        assertTrue(commitNs > 0 && commitNs < machine.promptNs(), "from open to commit " + commitNs + " ns");
        assertTrue(switchNs > 0 && switchNs < machine.promptNs(), "from commit to switch " + switchNs + " ns");
        enough.raise();
        join(List.of(thread));
    }

    // ---- the epoch guard

    /** Not one of ghOSt's: what replaces the death of the agent's process. */
    @Test
    @DisplayName("GenerationTest.PastGeneration")
    final void aCommitOfAnotherGenerationThanTheOneThatLeadsIsAgentStale() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        StateCounter agent = control(() -> {
            int queue = enclave.createQueue(1024);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, CpuSet.NO_CPU);
            StateCounter made = new StateCounter(this, enclave, queue);
            made.attachWithSatellites();
            return made;
        });
        Signal runs = new Signal();
        ThreadScript nap = ThreadScript.EMPTY.run(10 * US).sleep(100 * US);
        TestThread thread = machine.start("task", ThreadScript.EMPTY.sleep(MS).raise(runs).repeat(50, nap));
        enter(enclave, thread);
        eventually("it runs in the enclave", runs::isRaised);
        assertEquals(0, agent.stale.get());
        control(() -> enclave.setGeneration(1)); // the agent's transactions still say 0
        eventually("it is refused", () -> agent.stale.get() > 0);
        machine.runFor(MS);
        long completed = agent.completed();
        machine.runFor(5 * MS);
        assertEquals(completed, agent.completed(), "a past generation decides nothing");
        control(() -> enclave.setGeneration(0));
        join(List.of(thread));
        eventually("its end is told", () -> agent.taskCount() == 0);
        MessageOrder.check(agent.log());
    }

    private static final class StateCounter extends FifoAgent {
        private final AtomicLong stale = new AtomicLong();

        StateCounter(KernelCases cases, KernelEnclave enclave, int queue) {
            super(cases.kernel, enclave, cases.cpu(0), queue);
        }

        @Override
        protected void outcome(int target, long gtid, TransactionState state) {
            super.outcome(target, gtid, state);
            stale.addAndGet(state == TransactionState.AGENT_STALE ? 1 : 0);
        }
    }

    // ---- sync groups

    /** Fills all CPUs by one group in each pass: tasks where there are some, IDLE where not; its own CPU too. */
    private static final class GroupAgent extends FifoAgent {
        private final CpuSet all;
        private final TransactionTable table;
        private final List<String> wrong = new ArrayList<>();
        private final CpuSet slots = new CpuSet();
        private final AtomicLong groups = new AtomicLong();
        private final AtomicLong failures = new AtomicLong();
        private int rounds;

        GroupAgent(KernelCases cases, KernelEnclave enclave, int queue) {
            super(cases.kernel, enclave, cases.cpu(0), queue);
            all = enclave.cpus();
            table = enclave.transactions();
        }

        @Override
        protected long schedule() {
            if (taskCount() == 0) {
                return Policy.UNTIL_MESSAGE;
            }
            if (++rounds > MAX_ROUNDS) {
                throw new IllegalStateException("no end after " + MAX_ROUNDS + " rounds");
            }
            slots.clear();
            for (int at = all.first(); at >= 0; at = all.next(at + 1)) {
                Known task = current(at);
                if (task == null) {
                    task = poll();
                }
                runs(at, task);
                if (!table.own(at, cpu)) {
                    wrong.add("slot " + at + " has the owner " + table.owner(at));
                }
                slots.add(at);
                int flags = TransactionFlags.COMMIT_AT_TXN_COMMIT | TransactionFlags.ALLOW_TASK_ONCPU
                        | TransactionFlags.ELIDE_PREEMPT;
                open(at, task == null ? Gtid.IDLE : task.gtid(), task == null ? 0 : task.seqnum(), flags);
            }
            return kernel.now() + 50_000;
        }

        /** Its own CPU is in the group. */
        @Override
        public boolean spins() {
            return false;
        }

        /** What may succeed in the same place with the next group stays there. */
        @Override
        protected void outcome(int target, long gtid, TransactionState state) {
            switch (state) {
                case POISONED, TARGET_STALE, AGENT_STALE, CPU_UNAVAIL -> { }
                default -> super.outcome(target, gtid, state);
            }
        }

        @Override
        protected void commit(CpuSet opened) {
            boolean done = enclave.commitSyncGroup(cpu, opened);
            groups.incrementAndGet();
            failures.addAndGet(done ? 0 : 1);
            int good = 0;
            for (int at = opened.first(); at >= 0; at = opened.next(at + 1)) {
                int code = table.state(at);
                if (!TransactionState.isResult(code)) {
                    wrong.add("slot " + at + " has no result: " + code);
                } else if (TransactionState.of(code).succeeded()) {
                    good++;
                }
                if (done && table.owner(at) != -1) {
                    wrong.add("slot " + at + " was not released");
                }
                table.disown(at);
            }
            if (done != (good == opened.size())) {
                wrong.add("the group " + (done ? "succeeded" : "failed") + " with " + good + " of " + opened.size());
            }
        }
    }

    @ParameterizedTest(name = "{0} CPUs, {1} threads")
    @DisplayName("SyncGroupTest.Commit")
    @CsvSource({"1,1", "1,4", "1,8", "1,16", "2,1", "2,4", "2,8", "2,16", "4,1", "4,4", "4,8", "4,16", "8,1", "8,4",
            "8,8", "8,16"})
    final void aGroupSucceedsAsAWholeOrFailsAsAWhole(int cpus, int threads) {
        needs(Feature.SYNC_GROUP);
        needsCpus(cpus);
        KernelEnclave enclave = enclave(cpus);
        GroupAgent agent = control(() -> {
            int queue = enclave.createQueue(4096);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, cpu(0));
            GroupAgent made = new GroupAgent(this, enclave, queue);
            made.attachWithSatellites();
            return made;
        });
        List<TestThread> started = new ArrayList<>();
        ThreadScript nap = ThreadScript.EMPTY.run(US).sleep(100 * US);
        for (int i = 0; i < threads; i++) {
            TestThread thread = machine.start("member " + i,
                    ThreadScript.EMPTY.sleep(MS).run(2 * MS).repeat(100, nap).run(2 * MS).yield());
            started.add(thread);
            enter(enclave, thread);
        }
        join(started);
        eventually("their ends are told", () -> agent.taskCount() == 0);
        assertEquals(List.of(), agent.wrong);
        assertTrue(agent.groups.get() > agent.failures.get(), "no group succeeded");
        MessageOrder.check(agent.log());
        for (int at = 0; at < cpus; at++) {
            assertEquals(-1, enclave.transactions().owner(cpu(at)));
        }
        assertEquals(0, enclave.count(KernelEnclave.Counter.LOST_TASKS));
    }

    // ---- the idle task as a target

    /** Keeps the CPUs of odd position idle and wants to hear if they are not; asks nothing of the others. */
    private static final class IdleAgent extends TestAgent {
        private final int[] targets;
        private volatile boolean latched;

        IdleAgent(KernelCases cases, KernelEnclave enclave, int queue) {
            super(cases.kernel, enclave, cases.cpu(0), queue);
            targets = new int[] {cases.cpu(1), cases.cpu(2)};
        }

        @Override
        protected long schedule() {
            if (!latched) {
                latched = true;
                for (int i = 0; i < targets.length; i++) {
                    int notIdle = i % 2 == 0 ? TransactionFlags.NEED_CPU_NOT_IDLE : 0;
                    open(targets[i], Gtid.IDLE, 0, TransactionFlags.COMMIT_AT_TXN_COMMIT
                            | TransactionFlags.ALLOW_TASK_ONCPU | notIdle);
                }
            }
            return Policy.UNTIL_MESSAGE;
        }

        @Override
        protected void outcome(int target, long gtid, TransactionState state) {
            if (!state.succeeded()) {
                latched = false;
            }
        }

        @Override
        public boolean spins() {
            return true;
        }
    }

    @Test
    @DisplayName("IdleTest.NeedCpuNotIdle")
    final void whoAskedIsToldWhenAnIdleCpuRunsAnotherClassAndWhoDidNotIsNot() {
        needsCpus(3);
        needs(Feature.CPU_NOT_IDLE);
        KernelEnclave enclave = enclave(3);
        IdleAgent agent = control(() -> {
            int queue = enclave.createQueue(1024);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, CpuSet.NO_CPU);
            for (int i = 1; i < 3; i++) {
                new TestAgent(kernel, enclave, cpu(i), queue) {
                    @Override
                    protected int drain() {
                        return 0; // a satellite that leaves the queue to the other
                    }
                }.attach();
            }
            IdleAgent made = new IdleAgent(this, enclave, queue);
            made.attach();
            return made;
        });
        eventually("the CPUs are kept idle", () -> agent.latched && agent.waits());
        machine.runFor(MS);
        ThreadScript work = ThreadScript.EMPTY.repeat(10, ThreadScript.EMPTY.run(100 * US).sleep(100 * US));
        TestThread one = machine.start("pinned to 1", CpuSet.of(cpu(1)), work);
        TestThread two = machine.start("pinned to 2", CpuSet.of(cpu(2)), work);
        join(List.of(one, two));
        eventually("it is told", () -> !notIdle(agent, cpu(1)).isEmpty());
        SeenMessage first = notIdle(agent, cpu(1)).getFirst();
        assertFalse(first.data() == 0, "it says who runs: " + first);
        assertEquals(List.of(), notIdle(agent, cpu(2)));
    }

    private static List<SeenMessage> notIdle(TestAgent agent, int cpu) {
        return agent.log().stream()
                .filter(message -> message.type() == MessageType.CPU_NOT_IDLE && message.cpu() == cpu).toList();
    }
}
