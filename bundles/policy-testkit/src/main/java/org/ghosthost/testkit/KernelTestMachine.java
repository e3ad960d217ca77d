package org.ghosthost.testkit;

import java.util.function.BooleanSupplier;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * What the test of a backend offers so that the conformance group runs on it: the backend, threads that follow a
 * script, and time. A simulated machine stands still except in {@link #runUntil}; on a real kernel time passes by
 * itself and {@link #runUntil} waits. A case therefore never assumes that something has not happened yet.
 *
 * <p>Used by the thread of one test.
 */
public interface KernelTestMachine extends AutoCloseable {
    /** The backend under test; the same one until {@link #close}. */
    KernelBackend backend();

    /**
     * Starts a thread of the default scheduler, outside of every enclave.
     *
     * @param name for people
     * @param cpus the CPUs it may use from the start; null = all
     */
    TestThread start(String name, @Nullable CpuSet cpus, ThreadScript script);

    /** Starts a thread that may use all CPUs. */
    default TestThread start(String name, ThreadScript script) {
        return start(name, null, script);
    }

    /**
     * Lets time pass until the condition holds, at most so long.
     *
     * @param condition asked on the calling thread, again and again; has no effect of its own
     * @param atMostNs bound, in ns of the backend's clock
     * @return whether it holds
     */
    boolean runUntil(BooleanSupplier condition, long atMostNs);

    /** Lets {@code ns} of the backend's clock pass. */
    default void runFor(long ns) {
        runUntil(() -> false, ns);
    }

    /**
     * How soon the kernel side does what it does at once (commit, kick, switch), ns. ghOSt's bound is 100 µs outside of
     * debug kernels; an emulated machine says more.
     */
    default long promptNs() {
        return 100_000;
    }

    /** Ends the threads, closes the backend, and throws if the machine has noticed a broken invariant. */
    @Override
    void close();
}
