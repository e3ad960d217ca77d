package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.Probe.When;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents that overlap in real time: rolls, faults and overflows lose no task and put nobody out without a reason. */
class RealThreadsTest {
    private static final int CPUS = 8;
    private static final int TASKS = 64;
    private static final long PATIENCE_NS = 30_000_000_000L;

    private final PolicyRelease perCpu = Releases.fifo("per-cpu", "1.0.0", PolicyModel.PER_CPU);
    private final PolicyRelease otherPerCpu = Releases.fifo("per-cpu", "1.1.0", PolicyModel.PER_CPU);
    private final PolicyRelease global = Releases.fifo("global", "1.0.0", PolicyModel.GLOBAL);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void rollsBetweenAllModelsLoseNoTask(long seed) throws Exception {
        try (ThreadedKernel kernel = new ThreadedKernel(CPUS, TASKS, 4096, seed);
                EnclaveManager manager = new EnclaveManager(kernel, seed, null)) {
            Enclave enclave = manager.create(1, kernel.topology().allCpus().copy());
            for (PolicyRelease next : List.of(perCpu, otherPerCpu, global, perCpu, global, otherPerCpu, perCpu)) {
                roll(kernel, enclave, next, seed);
                awaitDeaths(kernel, 50, seed);
            }
            finish(kernel, enclave, seed);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void queuesThatOverflowLoseNoTask(long seed) throws Exception {
        try (ThreadedKernel kernel = new ThreadedKernel(CPUS, TASKS, 16, seed);
                EnclaveManager manager = new EnclaveManager(kernel, seed, null)) {
            Enclave enclave = manager.create(1, kernel.topology().allCpus().copy());
            for (PolicyRelease next : List.of(perCpu, global, otherPerCpu)) {
                roll(kernel, enclave, next, seed);
                awaitDeaths(kernel, 100, seed);
            }
            assertTrue(kernel.overflows() > 0, "no queue overflowed, seed " + seed);
            finish(kernel, enclave, seed);
        }
    }

    @Test
    void aLeaderThatThrowsOnOneThreadIsPutOutOnAll() throws Exception {
        Probe.Record record = new Probe.Record();
        PolicyRelease bad = Releases.fifo("per-cpu", "1.2.0", PolicyModel.PER_CPU, record);
        try (ThreadedKernel kernel = new ThreadedKernel(CPUS, TASKS, 4096, 1);
                EnclaveManager manager = new EnclaveManager(kernel, 1, null)) {
            Enclave enclave = manager.create(1, kernel.topology().allCpus().copy());
            roll(kernel, enclave, perCpu, 1);
            roll(kernel, enclave, bad, 1);
            record.throwIn("taskBlocked", When.ONCE_IT_HAS_LED);
            until(kernel, 1, "it goes back", () -> perCpu.equals(enclave.policy()));
            finish(kernel, enclave, 1);
            assertEquals(List.of("built-in-fifo 1.0.0 > per-cpu 1.0.0", "per-cpu 1.0.0 > per-cpu 1.2.0",
                    "per-cpu 1.2.0 > built-in-fifo 1.0.0", "built-in-fifo 1.0.0 > per-cpu 1.0.0"),
                    enclave.history().stream().map(roll -> roll.from() + " > " + roll.to()).toList());
        }
    }

    private static void roll(ThreadedKernel kernel, Enclave enclave, PolicyRelease next, long seed)
            throws EnclaveException {
        enclave.attach(next, Map.of());
        until(kernel, seed, next.id() + " leads for good",
                () -> next.equals(enclave.policy()) && enclave.status().handoff().isEmpty());
    }

    private static void awaitDeaths(ThreadedKernel kernel, int more, long seed) {
        int before = kernel.died();
        until(kernel, seed, more + " tasks die", () -> kernel.died() >= before + more);
    }

    /** Who can run must get a CPU as long as others leave theirs. */
    private static void finish(ThreadedKernel kernel, Enclave enclave, long seed) {
        awaitDeaths(kernel, 2 * TASKS, seed);
        assertNull(kernel.fault(), () -> "seed " + seed);
        assertTrue(enclave.alive(), "seed " + seed);
        for (Roll roll : enclave.history()) {
            assertEquals(roll.tasksBefore(), roll.tasksAfter(), () -> roll + ", seed " + seed);
        }
    }

    private static void until(ThreadedKernel kernel, long seed, String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            for (int i = 0; i < 100; i++) {
                kernel.step();
            }
            Thread.onSpinWait();
            if (System.nanoTime() > end || kernel.fault() != null) {
                fail("not: " + what + "; task " + kernel.waiting() + " waits, seed " + seed, kernel.fault());
            }
        }
    }
}
