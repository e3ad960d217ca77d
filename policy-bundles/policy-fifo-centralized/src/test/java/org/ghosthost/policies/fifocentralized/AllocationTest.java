package org.ghosthost.policies.fifocentralized;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.NullEnclave;
import org.ghosthost.testkit.NullKernel;
import org.ghosthost.testkit.NullWorkload;
import org.junit.jupiter.api.Test;

/** The way of a decision through loop, policy and commit allocates nothing, whatever the messages and outcomes. */
final class AllocationTest {
    private static final int CPUS = 8;
    private static final int TASKS = 200;
    private static final long SEED = 7;
    private static final long DECISIONS_IN_A_WINDOW = 10_000_000;
    private static final int WINDOWS = 4;

    @Test
    void tenMillionDecisionsOfAllKindsAllocateNothing() throws Exception {
        Mix mix = new Mix();
        NullKernel kernel = new NullKernel(CPUS, TASKS, mix);
        Enclave made = new EnclaveManager(kernel, SEED, null).create(1, kernel.topology().allCpus().copy());
        NullEnclave enclave = kernel.enclave();
        made.attach(new PolicyRelease("fifo", PolicyVersion.parse("1.0.0"), PolicyModel.GLOBAL, Set.of(),
                new FifoCentralized(), "test"), Map.of());
        for (int task = 0; task < TASKS; task++) {
            enclave.enters(task);
        }
        for (int pass = 0; pass < 1000; pass++) {
            for (int cpu = 0; cpu < CPUS; cpu++) {
                kernel.pass(cpu);
            }
        }
        assertEquals("fifo", made.status().policy());
        decide(kernel, enclave, 2_000_000); // the probation, and the compiler
        long fewest = Long.MAX_VALUE;
        for (int window = 0; window < WINDOWS && fewest > 0; window++) { // the compiler itself may allocate in one
            fewest = Math.min(fewest, decide(kernel, enclave, DECISIONS_IN_A_WINDOW));
        }
        assertEquals(0, fewest, "bytes in " + DECISIONS_IN_A_WINDOW + " decisions, seed " + SEED);
        assertTrue(enclave.failures() > DECISIONS_IN_A_WINDOW / 1000, "failed commits: " + enclave.failures());
    }

    /** Bytes that the agent's thread allocates meanwhile. */
    private static long decide(NullKernel kernel, NullEnclave enclave, long decisions) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long end = enclave.decisions() + decisions;
        long before = threads.getCurrentThreadAllocatedBytes();
        while (enclave.decisions() < end) {
            kernel.pass(0);
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Tasks that stop in every way, messages of every type, and decisions that come too late. */
    private static final class Mix implements NullWorkload {
        private static final int[] RARE = {MessageType.TASK_AFFINITY_CHANGED, MessageType.TASK_PRIORITY_CHANGED};
        private static final int[] ABOUT_CPUS = {MessageType.CPU_TICK, MessageType.CPU_TIMER_EXPIRED,
            MessageType.CPU_NOT_IDLE, MessageType.CPU_AVAILABLE, MessageType.CPU_BUSY, MessageType.CPU_AGENT_BLOCKED,
            MessageType.CPU_AGENT_WAKEUP};

        private final SplittableRandom random = new SplittableRandom(SEED);
        private int dead = -1;

        @Override
        public void ran(NullEnclave enclave, int task, int cpu) {
            int kind = random.nextInt(100);
            if (kind < 40) {
                enclave.yields(task, cpu);
            } else if (kind < 60) {
                enclave.losesCpu(task, cpu);
            } else if (kind < 98) {
                enclave.blocks(task, cpu);
                enclave.wakes(task, cpu);
            } else {
                enclave.dies(task, cpu);
                dead = task;
            }
            if (kind == 0) {
                enclave.says(task, RARE[random.nextInt(RARE.length)], 0, cpu);
            } else if (kind == 1) {
                enclave.says(ABOUT_CPUS[random.nextInt(ABOUT_CPUS.length)], cpu);
            }
        }

        @Override
        public void decided(NullEnclave enclave) {
            int task = random.nextInt(TASKS);
            if (enclave.statusWords().isTask(task)) {
                enclave.says(task, MessageType.TASK_PRIORITY_CHANGED, 0, 0);
            }
        }

        @Override
        public void passed(NullEnclave enclave) {
            if (dead >= 0 && enclave.statusWords().flags(dead) == 0) { // its status word was freed
                enclave.enters(dead);
                dead = -1;
            }
        }
    }
}
