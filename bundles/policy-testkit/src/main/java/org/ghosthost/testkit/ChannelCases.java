package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.MessageRing;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Queues: who is woken by them, which task sends to which, how much goes in. */
public abstract class ChannelCases extends KernelCases {
    /** Runs the one task that it knows on its own CPU. */
    private static final class LocalAgent extends TestAgent {
        private long gtid;
        private int seqnum;
        private boolean runnable;

        LocalAgent(ChannelCases cases, KernelEnclave enclave, int cpu, int queue) {
            super(cases.kernel, enclave, cpu, queue);
        }

        @Override
        protected void seen(SeenMessage message) {
            if (MessageType.isTask(message.type())) {
                gtid = message.gtid();
                seqnum = message.seqnum();
                runnable = switch (message.type()) {
                    case MessageType.TASK_NEW -> message.runnable();
                    case MessageType.TASK_WAKEUP, MessageType.TASK_PREEMPT, MessageType.TASK_YIELD -> true;
                    default -> false;
                };
            }
        }

        @Override
        protected long schedule() {
            if (runnable && !isPending(cpu)) {
                runnable = false;
                open(cpu, gtid, seqnum);
            }
            return Policy.UNTIL_MESSAGE;
        }

        @Override
        protected void outcome(int target, long task, TransactionState state) {
            if (!state.succeeded() && state != TransactionState.TARGET_NOT_RUNNABLE) {
                runnable = true;
            }
        }
    }

    /** Cases on one machine. */
    protected ChannelCases() {}

    @Test
    @DisplayName("ChannelTest.Wakeup")
    final void aMessageWakesTheAgentThatItsQueueNames() {
        KernelEnclave enclave = enclave(1);
        LocalAgent agent = control(() -> {
            int queue = enclave.createQueue(1024);
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, cpu(0));
            LocalAgent made = new LocalAgent(this, enclave, cpu(0), queue);
            made.attach();
            return made;
        });
        eventually("the agent waits", agent::waits);
        long before = agent.passes();
        TestThread thread = machine.start("sleeper", ThreadScript.EMPTY.sleep(20 * MS).run(MS).yield().run(MS));
        enter(enclave, thread);
        eventually("NEW has woken the agent", () -> agent.saw(MessageType.TASK_NEW, thread.tid()));
        assertTrue(agent.passes() > before);
        eventually("the thread's end is told", () -> agent.saw(MessageType.TASK_DEAD, thread.tid()));
        eventually("the thread ends", thread::ended);
        assertTrue(agent.saw(MessageType.TASK_YIELD, thread.tid()), () -> agent.log().toString());
        eventually("the agent waits again", agent::waits);
        MessageOrder.check(agent.log());
        control(() -> enclave.detachAgent(cpu(0)));
    }

    @Test
    @DisplayName("ChannelTest.Associate")
    final void afterAnAssociationAllMessagesOfTheTaskComeByTheNewQueue() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        AssociatingAgent agent = control(() -> {
            int first = enclave.createQueue(1024);
            int second = enclave.createQueue(1024);
            enclave.setDefaultQueue(first);
            enclave.configWakeup(first, CpuSet.NO_CPU);
            enclave.configWakeup(second, CpuSet.NO_CPU);
            AssociatingAgent made = new AssociatingAgent(this, enclave, first, second);
            made.attachWithSatellites();
            return made;
        });
        Signal runs = new Signal();
        Signal entered = new Signal();
        TestThread thread = machine.start("mover", ThreadScript.EMPTY.raise(runs).spinUntil(entered)
                .repeat(5, ThreadScript.EMPTY.run(100 * US).sleep(100 * US)));
        eventually("the thread runs", runs::isRaised);
        enter(enclave, thread);
        eventually("it is announced", () -> agent.saw(MessageType.TASK_NEW, thread.tid()));
        entered.raise();
        eventually("the thread ends", thread::ended);
        eventually("its end is told", () -> agent.saw(MessageType.TASK_DEAD, thread.tid()));
        assertEquals(0, agent.result, "not its queue already, and announced already");
        List<SeenMessage> log = agent.log(thread.tid());
        MessageOrder.check(log);
        assertEquals(MessageType.TASK_NEW, log.getFirst().type());
        assertEquals(List.of(log.getFirst()), agent.inFirst, "after NEW nothing comes by the first queue");
        assertEquals(log.subList(1, log.size()), agent.inSecond);
    }

    /** Moves each new task to the second queue, and drains both. */
    private static final class AssociatingAgent extends FifoAgent {
        private final int second;
        private final List<SeenMessage> inFirst = new ArrayList<>();
        private final List<SeenMessage> inSecond = new ArrayList<>();
        private boolean drainsSecond;
        private volatile int result = Integer.MIN_VALUE;

        AssociatingAgent(ChannelCases cases, KernelEnclave enclave, int first, int second) {
            super(cases.kernel, enclave, cases.cpu(0), first);
            this.second = second;
        }

        @Override
        protected void seen(SeenMessage message) {
            super.seen(message);
            (drainsSecond ? inSecond : inFirst).add(message);
            if (message.type() == MessageType.TASK_NEW) {
                result = enclave.associate(message.gtid(), second, message.seqnum());
            }
        }

        @Override
        protected int drain() {
            int drained = super.drain();
            drainsSecond = true;
            drained += enclave.drain(second, this, 256 - drained);
            drainsSecond = false;
            return drained;
        }
    }

    /**
     * The seam does not tell the size of a queue, so the property is tested: so many messages fit. A backend may round
     * up.
     */
    @Test
    @DisplayName("ChannelTest.MaxElements")
    final void aQueueOfEachPowerOfTwoHoldsSoManyMessages() {
        KernelEnclave enclave = enclave(1);
        for (int elements = MessageRing.MAX_ELEMENTS; elements >= 1; elements /= 2) {
            int size = elements;
            int queue = control(() -> enclave.createQueue(size));
            assertEquals(0, enclave.depth(queue));
        }
        for (int wrong : new int[] {0, -1, 3, 65535, 131072}) {
            refused(() -> enclave.createQueue(wrong), Errno.EINVAL);
        }
        int fit = 16;
        int queue = control(() -> enclave.createQueue(fit));
        control(() -> {
            enclave.setDefaultQueue(queue);
            enclave.configWakeup(queue, CpuSet.NO_CPU);
        });
        List<TestThread> threads = new ArrayList<>();
        for (int i = 0; i < fit; i++) {
            threads.add(machine.start("sleeper " + i, ThreadScript.EMPTY.sleep(1000 * MS)));
        }
        machine.runFor(10 * MS);
        threads.forEach(thread -> enter(enclave, thread));
        eventually("all are announced", () -> enclave.depth(queue) == fit);
        assertFalse(enclave.takeResync());
        assertEquals(0, enclave.count(KernelEnclave.Counter.OVERFLOWS));
        control(enclave::destroy);
        join(threads);
    }
}
