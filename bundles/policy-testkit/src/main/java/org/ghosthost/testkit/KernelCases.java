package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the groups of the conformance suite share: a fresh machine for each case, control operations, bounded waiting,
 * and assumptions. The cases are those of ghOSt's own tests that need its kernel; each has ghOSt's name as its display
 * name. A backend's test extends {@link ChannelCases}, {@link EnclaveCases}, {@link TaskCases}, {@link RaceCases} and
 * {@link CommitCases}.
 *
 * <p>A case whose feature the backend has not got is aborted with the feature's name, not passed over in silence.
 */
public abstract class KernelCases {
    /** A microsecond in ns. */
    protected static final long US = 1_000;
    /** A millisecond in ns. */
    protected static final long MS = 1_000_000;
    /** What takes longer than this does not happen at all, ns. */
    protected static final long PATIENCE_NS = 10_000 * MS;

    /** The machine of this case. */
    protected KernelTestMachine machine;
    /** Its backend. */
    protected KernelBackend kernel;

    private int nextEnclave = 1;

    /** A machine is made before each case. */
    @SuppressWarnings("NullAway") // set before each case
    protected KernelCases() {}

    /** A machine with as many CPUs as the backend can offer, 8 at best, that nobody uses. */
    protected abstract KernelTestMachine newMachine() throws Exception;

    @BeforeEach
    final void makeMachine() throws Exception {
        machine = newMachine();
        kernel = machine.backend();
    }

    @AfterEach
    final void closeMachine() {
        machine.close();
    }

    // ---- assumptions

    /** Aborts the case if the backend has not got the feature. */
    protected final void needs(Feature feature) {
        assumeTrue(kernel.features().contains(feature),
                () -> "needs " + feature.text() + ", which the " + kernel.name() + " backend has not got");
    }

    /** Aborts the case on a machine with fewer CPUs. */
    protected final void needsCpus(int count) {
        int have = kernel.topology().cpuCount();
        assumeTrue(have >= count, () -> "needs " + count + " CPUs, this machine has " + have);
    }

    // ---- control operations

    /** Runs a control operation where it needs no lock against agents. */
    protected final <T> T control(Callable<T> operation) {
        List<T> result = new ArrayList<>();
        Exception[] thrown = new Exception[1];
        kernel.execute(() -> {
            try {
                result.add(operation.call());
            } catch (Exception e) { // rethrown on the test's thread
                thrown[0] = e;
            }
        });
        if (thrown[0] != null) {
            throw new AssertionError("refused: " + thrown[0].getMessage(), thrown[0]);
        }
        return result.getFirst();
    }

    /** A control operation without a result. */
    @FunctionalInterface
    protected interface Operation {
        /** Does it. */
        void run() throws KernelException;
    }

    /** Runs a control operation. */
    protected final void control(Operation operation) {
        this.<Object>control(() -> {
            operation.run();
            return operation;
        });
    }

    /** Runs a control operation that must be refused with one of these numbers. */
    protected final void refused(Operation operation, Errno... expected) {
        KernelException[] thrown = new KernelException[1];
        kernel.execute(() -> {
            try {
                operation.run();
            } catch (KernelException e) {
                thrown[0] = e;
            }
        });
        KernelException refusal = assertThrows(KernelException.class, () -> {
            if (thrown[0] != null) {
                throw thrown[0];
            }
        });
        if (!List.of(expected).contains(refusal.errno())) {
            fail("refused with " + refusal.errno() + ", not with one of " + List.of(expected), refusal);
        }
        String sentence = String.valueOf(refusal.getMessage());
        assertEquals(1, sentence.lines().count(), "one sentence: " + sentence);
    }

    /** Makes an enclave of these CPUs. */
    protected final KernelEnclave enclave(CpuSet cpus) {
        int id = nextEnclave++;
        return control(() -> kernel.createEnclave(id, cpus));
    }

    /** Makes an enclave of the first CPUs. */
    protected final KernelEnclave enclave(int cpus) {
        return enclave(cpus(cpus));
    }

    /** The first CPUs of the machine. */
    protected final CpuSet cpus(int count) {
        CpuSet cpus = new CpuSet();
        for (int i = 0; i < count; i++) {
            cpus.add(kernel.topology().allCpus().nth(i));
        }
        return cpus;
    }

    /** The CPU with this position. */
    protected final int cpu(int position) {
        return kernel.topology().allCpus().nth(position);
    }

    /** Brings a thread into the enclave. */
    protected final void enter(KernelEnclave enclave, TestThread thread) {
        control(() -> enclave.enter(thread.tid()));
    }

    /** Brings a thread into the enclave if it goes; null if it went, else why not. For any thread. */
    protected final @Nullable Errno tryToEnter(KernelEnclave enclave, TestThread thread) {
        Errno[] refusal = new Errno[1];
        kernel.execute(() -> {
            try {
                enclave.enter(thread.tid());
            } catch (KernelException e) {
                refusal[0] = e.errno();
            }
        });
        return refusal[0];
    }

    // ---- time

    /** Lets time pass until the condition holds; fails if it never does. */
    protected final void eventually(String what, BooleanSupplier condition) {
        if (!machine.runUntil(condition, PATIENCE_NS)) {
            fail("it never came to this: " + what);
        }
    }

    /** Lets time pass until the threads are gone. */
    protected final void join(Iterable<TestThread> threads) {
        for (TestThread thread : threads) {
            eventually("thread " + thread.tid() + " ends", thread::ended);
        }
    }

    /** Lets time pass until the enclave has so many tasks. */
    protected final void awaitTasks(KernelEnclave enclave, int count) {
        eventually("the enclave has " + count + " tasks", () -> enclave.taskCount() == count);
    }
}
