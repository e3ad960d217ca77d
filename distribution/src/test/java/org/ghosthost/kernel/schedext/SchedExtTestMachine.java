package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.testkit.KernelTestMachine;
import org.ghosthost.testkit.TestThread;
import org.ghosthost.testkit.ThreadScript;
import org.jspecify.annotations.Nullable;

/** This machine's own kernel for the conformance group. One backend serves all cases; each gets its own threads. */
final class SchedExtTestMachine implements KernelTestMachine {
    private static final long LOOK_NS = 1_000_000;
    /** A bound for an emulated machine. */
    private static final long PROMPT_NS = 500_000_000;
    /** Who waits so long waits for something that must come: longer on a machine that is emulated. */
    private static final long PATIENCE_NS = 10_000_000_000L;
    private static final int SLOWNESS = 6;
    private static @Nullable SchedExtKernel shared;

    private final SchedExtKernel kernel;
    private final Puppets puppets;

    SchedExtTestMachine(String program) throws KernelException, IOException {
        kernel = kernel();
        puppets = new Puppets(program);
    }

    private static synchronized SchedExtKernel kernel() throws KernelException, IOException {
        SchedExtKernel open = shared;
        if (open == null) {
            open = SchedExtKernel.open(SchedExtOptions.of(Map.of("heartbeat-ms", "20000", "status-words", "1024",
                    "lock-memory", "0", "spin-us", System.getProperty("ghost.spin-us", "0"))), Topology.ofHost());
            shared = open;
            Runtime.getRuntime().addShutdownHook(new Thread(open::close));
        }
        return open;
    }

    @Override
    public KernelBackend backend() {
        return kernel;
    }

    @Override
    public TestThread start(String name, @Nullable CpuSet cpus, ThreadScript script) {
        return puppets.start(name, cpus, script);
    }

    @Override
    public boolean runUntil(BooleanSupplier condition, long atMostNs) {
        long end = System.nanoTime() + (atMostNs >= PATIENCE_NS ? atMostNs * SLOWNESS : atMostNs);
        while (true) {
            puppets.passTime();
            if (condition.getAsBoolean()) {
                return true;
            }
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    @Override
    public long promptNs() {
        return PROMPT_NS;
    }

    @Override
    public void close() {
        try {
            kernel.execute(() -> kernel.enclaves().forEach(SchedExtEnclave::destroy));
        } finally {
            puppets.close();
        }
        if (kernel.side().exited()) {
            throw new AssertionError("the kernel put the scheduler out: " + kernel.side().exitReason());
        }
    }
}
