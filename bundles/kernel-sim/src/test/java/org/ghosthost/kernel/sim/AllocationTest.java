package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.Test;

/** In steady state the machine allocates nothing. */
class AllocationTest {
    private static final int CPUS = 4;
    private static final int TASKS = 64;

    /** First come first served in arrays; allocates nothing either. */
    private static final class LeanAgent implements AgentPass, KernelEnclave.MessageHandler {
        private final KernelEnclave enclave;
        private final int queue;
        private final long[] waiting = new long[2 * TASKS];
        private final int[] barriers = new int[2 * TASKS];
        private final long[] running = new long[CPUS];
        private final CpuSet opened = new CpuSet();
        private int word;
        private int head;
        private int tail;
        private int barrier;
        private int messages;
        private int decisions;

        LeanAgent(KernelEnclave enclave, int queue) {
            this.enclave = enclave;
            this.queue = queue;
        }

        @Override
        public void message(Message m) {
            switch (m.type()) {
                case MessageType.TASK_NEW, MessageType.TASK_WAKEUP -> {
                    waiting[tail % waiting.length] = m.gtid();
                    barriers[tail++ % waiting.length] = m.seqnum();
                }
                case MessageType.TASK_BLOCKED -> running[m.cpu()] = 0;
                default -> throw new IllegalStateException(m.toString());
            }
        }

        @Override
        public boolean mustBeAlone() {
            return false;
        }

        @Override
        public void decide(boolean alone) {
            barrier = enclave.statusWords().barrier(word);
            opened.clear();
            decisions = 0;
            messages = enclave.drain(queue, this, 256);
            for (int cpu = 1; cpu < CPUS && head < tail; cpu++) {
                if (running[cpu] == 0) {
                    running[cpu] = waiting[head % waiting.length];
                    int seqnum = barriers[head++ % waiting.length];
                    int flags = TransactionFlags.COMMIT_AT_TXN_COMMIT;
                    enclave.transactions().open(cpu, running[cpu], seqnum, barrier, flags, 0, 0);
                    opened.add(cpu);
                    decisions++;
                }
            }
        }

        @Override
        public int messages() {
            return messages;
        }

        @Override
        public int decisions() {
            return decisions;
        }

        @Override
        public void commit() {
            enclave.commit(0, opened);
        }

        @Override
        public long waitUntilNs() {
            return Policy.UNTIL_MESSAGE;
        }

        @Override
        public int barrier() {
            return barrier;
        }

        @Override
        public int waitFlags() {
            return 0;
        }

        @Override
        public boolean spins() {
            return true;
        }
    }

    @Test
    void aMillionEventsAllocateNothing() throws KernelException {
        SimulatedKernel kernel = new SimulatedKernel(MachineConfig.of(Topology.parse("" + CPUS), 1));
        KernelEnclave enclave = kernel.createEnclave(1, CpuSet.range(0, CPUS - 1));
        LeanAgent agent = new LeanAgent(enclave, enclave.createQueue(1024));
        enclave.setDefaultQueue(agent.queue);
        agent.word = enclave.attachAgent(0, agent.queue, agent);
        for (int cpu = 1; cpu < CPUS; cpu++) {
            ScriptedAgent.attach(enclave, cpu, false);
        }
        for (int i = 0; i < TASKS; i++) {
            kernel.spawn(Programs.ghost("t" + i, Programs.periodic(5_000, 100_000 + i, 1_000_000)), enclave);
        }
        kernel.runFor(100_000_000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long events = kernel.events();
        long before = threads.getCurrentThreadAllocatedBytes();
        kernel.runFor(2_000_000_000);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        events = kernel.events() - events;
        assertTrue(events > 500_000, "events: " + events);
        assertTrue(bytes < 10_000, bytes + " bytes in " + events + " events");
    }
}
