package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Decisions that meet a task which changes at the same moment. */
public abstract class RaceCases extends KernelCases {
    private static final long RETRY_NS = 2_000;

    /** Cases on one machine. */
    protected RaceCases() {}

    /** Commits the one task again and again on another CPU, whatever its state, until it is dead. */
    private static final class StubbornAgent extends TestAgent {
        private final int target;
        private long gtid;
        private int seqnum;
        private final AtomicLong refused = new AtomicLong();
        private volatile boolean dead;

        StubbornAgent(KernelCases cases, KernelEnclave enclave, int queue) {
            super(cases.kernel, enclave, cases.cpu(0), queue);
            target = cases.cpu(1);
        }

        @Override
        protected void seen(SeenMessage message) {
            if (MessageType.isTask(message.type())) {
                gtid = message.gtid();
                seqnum = message.seqnum();
                dead = message.type() == MessageType.TASK_DEAD;
            }
        }

        @Override
        protected long schedule() {
            if (gtid == 0 || dead) {
                return Policy.UNTIL_MESSAGE;
            }
            if (!isPending(target)) {
                open(target, gtid, seqnum);
            }
            return kernel.now() + RETRY_NS;
        }

        @Override
        protected void outcome(int at, long task, TransactionState state) {
            refused.addAndGet(state.succeeded() ? 0 : 1);
        }

        @Override
        public boolean spins() {
            return true;
        }
    }

    @Test
    @DisplayName("ApiTest.RunDeadTask")
    final void anAgentThatKeepsCommittingADyingTaskHearsOfItsDeath() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        StubbornAgent agent = control(() -> {
            int queue = enclave.createQueue(1024);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, CpuSet.NO_CPU);
            int aside = enclave.createQueue(64);
            new TestAgent(kernel, enclave, cpu(1), aside) {}.attach();
            StubbornAgent made = new StubbornAgent(this, enclave, queue);
            made.attach();
            return made;
        });
        TestThread thread = machine.start("dying", ThreadScript.EMPTY.sleep(MS).run(50 * US).sleep(50 * US));
        enter(enclave, thread);
        join(List.of(thread));
        eventually("its death is told", () -> agent.dead);
        assertTrue(agent.refused.get() > 0, "no commit met a state that refuses it");
        MessageOrder.check(agent.log());
        awaitTasks(enclave, 0);
        assertEquals(1, enclave.count(KernelEnclave.Counter.DIED));
        assertEquals(0, enclave.count(KernelEnclave.Counter.LOST_TASKS));
    }

    @Test
    @DisplayName("ApiTest.SchedAffinityRace")
    final void aTaskThatIsForbiddenTheCpuItWasJustCommittedToIsNotStranded() {
        needsCpus(3);
        KernelEnclave enclave = enclave(3);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        ThreadScript work = ThreadScript.EMPTY.repeat(300, ThreadScript.EMPTY.run(3 * US).sleep(2 * US));
        TestThread hunted = machine.start("hunted", ThreadScript.EMPTY.sleep(MS).repeat(1, work));
        ThreadScript chase = ThreadScript.EMPTY;
        for (int i = 0; i < 200; i++) {
            chase = chase.run((i % 7 + 1) * US).affinityOf(hunted, CpuSet.of(cpu(1 + i % 2)));
        }
        enter(enclave, hunted);
        TestThread hunter = machine.start("hunter", ThreadScript.EMPTY.sleep(MS).repeat(1, chase));
        join(List.of(hunter, hunted));
        eventually("its end is told", () -> agent.taskCount() == 0);
        MessageOrder.check(agent.log());
        assertTrue(agent.saw(MessageType.TASK_AFFINITY_CHANGED, hunted.tid()));
        assertEquals(0, enclave.count(KernelEnclave.Counter.LOST_TASKS));
    }

    @Test
    @DisplayName("ApiTest.DepartedRace")
    final void aThreadThatLeavesWhileItIsPushedInIsToldInOrder() {
        needsCpus(3);
        KernelEnclave enclave = enclave(3);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        ConcurrentLinkedQueue<Errno> refusals = new ConcurrentLinkedQueue<>();
        ThreadScript flee = ThreadScript.EMPTY;
        for (int i = 0; i < 200; i++) {
            flee = flee.run((i % 5 + 1) * 3L * US).leave().affinity(i % 3 == 0 ? cpus(3) : CpuSet.of(cpu(1 + i % 2)));
        }
        TestThread fleeing = machine.start("fleeing", flee.leave().affinity(cpus(3)));
        ThreadScript push = ThreadScript.EMPTY;
        for (int i = 0; i < 600; i++) {
            push = push.sleep((i % 4 + 1) * 3L * US).call(self -> {
                Errno refusal = tryToEnter(enclave, fleeing);
                if (refusal != null) {
                    refusals.add(refusal);
                }
            });
        }
        TestThread pushing = machine.start("pushing", push);
        join(List.of(pushing, fleeing));
        eventually("the agent knows nobody", () -> agent.taskCount() == 0 && enclave.taskCount() == 0);
        List<SeenMessage> log = agent.log(fleeing.tid());
        MessageOrder.check(log);
        assertTrue(log.stream().filter(message -> message.type() == MessageType.TASK_NEW).count() > 10,
                () -> "it was hardly ever in: " + log);
        for (SeenMessage message : log) {
            if (message.type() == MessageType.TASK_DEPARTED) {
                assertTrue(kernel.topology().hasCpu(message.cpu()), message.toString());
            }
        }
        assertFalse(refusals.stream().anyMatch(errno -> errno != Errno.ESRCH && errno != Errno.EPERM),
                refusals.toString());
        long in = enclave.count(KernelEnclave.Counter.ENTERED);
        long out = enclave.count(KernelEnclave.Counter.DEPARTED) + enclave.count(KernelEnclave.Counter.DIED);
        assertEquals(in, out, "who entered has left");
    }
}
