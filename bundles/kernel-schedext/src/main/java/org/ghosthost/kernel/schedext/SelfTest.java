package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Schedules one thread before anybody else is: a process that gives back what it is sent. It enters an enclave of one
 * CPU, is sent a byte, and can only answer when its wake-up was told, committed, and obeyed. A BPF program that loads
 * and decides nonsense, as some compilers make it, does not get past this.
 */
final class SelfTest implements AgentPass, KernelEnclave.MessageHandler {
    private static final int ID = 65_535;
    private static final int QUEUE_ELEMENTS = 64;
    private static final int PROBE = 42;
    private static final long TIMEOUT_MS = 20_000; // emulated CPUs are slow to begin
    private static final long LOOK_MS = 2;

    private final KernelEnclave enclave;
    private final int cpu;
    private final int queue;
    private volatile boolean committed;
    private volatile String last = "no message came";
    private int word;
    private int barrier;
    private long target;
    private int targetBarrier;

    private SelfTest(KernelEnclave enclave, int cpu) throws KernelException {
        this.enclave = enclave;
        this.cpu = cpu;
        queue = enclave.createQueue(QUEUE_ELEMENTS);
    }

    /** Throws if a thread cannot be scheduled. */
    static void run(SchedExtKernel kernel) throws KernelException {
        Process process = startProbe();
        try {
            KernelException[] refused = new KernelException[1];
            SelfTest[] test = new SelfTest[1];
            kernel.execute(() -> {
                try {
                    test[0] = prepare(kernel, process);
                } catch (KernelException e) {
                    refused[0] = e;
                }
            });
            String fault = refused[0] != null ? String.valueOf(refused[0].getMessage()) : test[0].probe(process);
            if (fault != null) {
                throw new KernelException(Errno.ENODEV, "the self-test failed, so nothing is scheduled: " + fault);
            }
        } finally {
            process.destroyForcibly();
            kernel.execute(() -> kernel.enclaves().forEach(SchedExtEnclave::destroy));
        }
    }

    private static Process startProbe() throws KernelException {
        try {
            return new ProcessBuilder("cat").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new KernelException(Errno.ENOENT, "the self-test cannot start a process: " + e.getMessage());
        }
    }

    private static SelfTest prepare(SchedExtKernel kernel, Process process) throws KernelException {
        int cpu = kernel.topology().allCpus().last();
        KernelEnclave enclave = kernel.createEnclave(ID, CpuSet.of(cpu));
        SelfTest test = new SelfTest(enclave, cpu);
        enclave.setDefaultQueue(test.queue);
        enclave.configWakeup(test.queue, cpu);
        test.word = enclave.attachAgent(cpu, test.queue, test);
        enclave.enter(process.pid());
        return test;
    }

    /** Null if all is well. */
    private @Nullable String probe(Process process) {
        try (OutputStream to = process.getOutputStream(); InputStream from = process.getInputStream()) {
            to.write(PROBE);
            to.flush();
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
            while (from.available() == 0) {
                if (System.nanoTime() > end) {
                    return "a probe thread was not run within " + TIMEOUT_MS + " ms (" + last + ")";
                }
                Thread.sleep(LOOK_MS);
            }
            while (!committed && System.nanoTime() < end) { // the answer may be faster than the agent's own next step
                Thread.sleep(LOOK_MS);
            }
            return from.read() == PROBE && committed ? null
                    : "a probe thread ran without having been committed (" + last + ")";
        } catch (IOException e) {
            return "the probe process ended early: " + e.getMessage();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    // ---- the agent

    @Override
    public boolean mustBeAlone() {
        return false;
    }

    @Override
    public void decide(boolean alone) {
        barrier = enclave.statusWords().barrier(word);
        enclave.drain(queue, this, QUEUE_ELEMENTS);
    }

    @Override
    public void message(Message message) {
        last = message.toString();
        targetBarrier = message.seqnum();
        target = switch (message.type()) {
            case MessageType.TASK_WAKEUP, MessageType.TASK_PREEMPT, MessageType.TASK_YIELD -> message.gtid();
            case MessageType.TASK_NEW -> message.runnable() ? message.gtid() : 0;
            case MessageType.TASK_AFFINITY_CHANGED, MessageType.TASK_PRIORITY_CHANGED -> target;
            default -> 0;
        };
    }

    @Override
    public void commit() {
        if (target == 0) {
            return;
        }
        enclave.transactions().open(cpu, target, targetBarrier, barrier, TransactionFlags.COMMIT_AT_TXN_COMMIT, 0, 0);
        enclave.commit(cpu, CpuSet.of(cpu));
        int code = enclave.transactions().state(cpu);
        last = "its commit was answered by "
                + (TransactionState.isResult(code) ? TransactionState.of(code) : "state " + code);
        if (code == TransactionState.COMPLETE.code()) {
            target = 0;
            committed = true;
        }
    }

    @Override
    public int messages() {
        return 0;
    }

    @Override
    public int decisions() {
        return 0;
    }

    @Override
    public long waitUntilNs() {
        return target == 0 ? Policy.UNTIL_MESSAGE : Policy.AGAIN;
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
        return false;
    }
}
