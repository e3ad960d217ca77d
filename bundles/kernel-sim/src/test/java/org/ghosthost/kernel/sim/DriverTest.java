package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who drives the machine, and how commands come in between. */
class DriverTest {
    private static final long MS = 1_000_000;

    private final SimulatedKernel kernel =
            new SimulatedKernel(MachineConfig.of(Topology.parse("2"), 1).withInvariants(true).withStatusWords(64));

    @AfterEach
    void close() {
        kernel.close();
    }

    @Test
    void aCommandRunsRightHereWhileTheMachineStandsStill() {
        Thread[] on = new Thread[1];
        kernel.execute(() -> kernel.execute(() -> on[0] = Thread.currentThread()));
        assertEquals(Thread.currentThread(), on[0]);
    }

    @Test
    void aPacedMachineFollowsTheWallClock() {
        long virtual = kernel.now();
        long wall = System.nanoTime();
        kernel.start(10);
        Awaitility.await().until(() -> kernel.now() - virtual > 200 * MS);
        kernel.stop();
        long ratio = (kernel.now() - virtual) / Math.max(1, System.nanoTime() - wall);
        assertTrue(ratio <= 10, "it ran ahead: " + ratio);
        assertNull(kernel.failure());
    }

    @Test
    void commandsOfOtherThreadsRunOnTheMachinesThread() throws Exception {
        kernel.start(1);
        String[] on = new String[1];
        kernel.execute(() -> on[0] = Thread.currentThread().getName());
        assertEquals("machine", on[0]);
        KernelEnclave enclave = kernel.createEnclave(1, CpuSet.range(0, 1));
        kernel.execute(() -> FifoAgent.attach(enclave, 0));
        kernel.spawn(Programs.ghost("t", Programs.periodic(MS, MS, 3)), enclave);
        Awaitility.await().until(() -> kernel.liveTasks() == 0);
        assertEquals(1, enclave.count(KernelEnclave.Counter.DIED));
    }

    @Test
    void aCommandsFailureIsItsCallersNotTheMachines() {
        kernel.start(1);
        assertThrows(IllegalStateException.class, () -> kernel.execute(() -> {
            throw new IllegalStateException("no");
        }));
        AtomicLong done = new AtomicLong();
        kernel.execute(done::incrementAndGet);
        assertEquals(1, done.get());
    }

    @Test
    void aPacedMachineCannotBeDrivenByHand() {
        kernel.start(1);
        assertThrows(IllegalStateException.class, () -> kernel.runFor(1));
        assertThrows(IllegalStateException.class, () -> kernel.start(1));
        kernel.stop();
        kernel.runFor(1);
        assertThrows(IllegalArgumentException.class, () -> kernel.start(0));
        assertThrows(IllegalArgumentException.class, () -> kernel.start(Double.NaN));
    }

    @Test
    void aCommandMayNotDriveTheMachine() {
        assertThrows(IllegalStateException.class, () -> kernel.execute(() -> kernel.runFor(1)));
    }

    @Test
    void commandsOfManyThreadsAreDoneOneByOne() throws Exception {
        kernel.createEnclave(1, CpuSet.range(0, 1));
        int[] count = new int[1];
        List<Thread> threads = new ArrayList<>();
        CountDownLatch go = new CountDownLatch(1);
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                for (int n = 0; n < 500; n++) {
                    kernel.execute(() -> count[0]++);
                }
            });
            thread.start();
            threads.add(thread);
        }
        go.countDown();
        for (int i = 0; i < 20; i++) {
            kernel.runFor(MS);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        kernel.execute(() -> assertEquals(2000, count[0]));
    }

    @Test
    void pacingDoesNotChangeTheOrderOfEvents() throws KernelException {
        long fast = run(false);
        assertEquals(fast, run(true));
    }

    private static long run(boolean paced) throws KernelException {
        try (SimulatedKernel machine = new SimulatedKernel(MachineConfig.of(Topology.parse("2"), 1))) {
            KernelEnclave enclave = machine.createEnclave(1, CpuSet.range(0, 1));
            FifoAgent.attach(enclave, 0);
            for (int i = 0; i < 5; i++) {
                machine.spawn(Programs.ghost("t" + i, Programs.periodic(100_000, 50_000, 20)), enclave);
            }
            if (paced) {
                machine.start(20);
                Awaitility.await().until(() -> machine.liveTasks() == 0);
                machine.stop();
            } else {
                machine.runFor(100 * MS);
            }
            assertEquals(0, machine.liveTasks());
            return machine.traceHash();
        }
    }

    @Test
    void theFactoryMakesPacedMachinesAsTheOptionsSay() throws KernelException {
        Map<String, String> options =
                Map.of("seed", "7", "profile", "sched_ext", "speed", "100", "cost.syscall", "99");
        try (KernelBackend made = new SimulatedKernelFactory().create(Topology.parse("2"), options)) {
            SimulatedKernel machine = (SimulatedKernel) made;
            assertEquals(7, machine.config().seed());
            assertEquals(Profile.SCHED_EXT, machine.config().profile());
            assertEquals(99, machine.config().costs().syscall());
            assertTrue(!machine.features().contains(Feature.SWITCHTO));
            assertTrue(machine.features().contains(Feature.MODE_VRUNTIME));
            Awaitility.await().until(() -> machine.now() > Machine.START_NS);
        }
    }

    @Test
    void theFactoryRefusesWhatItDoesNotUnderstand() {
        for (Map<String, String> options : List.of(Map.of("color", "red"), Map.of("seed", "x"),
                Map.of("profile", "windows"), Map.of("cost.nothing", "1"), Map.of("cost.syscall", "0"),
                Map.of("speed", "-1"))) {
            KernelException e = assertThrows(
                    KernelException.class, () -> new SimulatedKernelFactory().create(Topology.parse("2"), options));
            assertEquals(Errno.EINVAL, e.errno());
            assertNotNull(e.getMessage());
        }
    }
}
