package org.ghosthost.kernel.schedext;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.ffm.Threads;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the enclaves, a few times in each heartbeat. Says to the BPF program that the host is well as long as no
 * agent stays in one pass; when it hears nothing, because a policy hangs or the JVM does, the program's own FIFO takes
 * over until all is well again. Destroys an enclave whose threads starve, before the kernel throws out all of them.
 */
final class Housekeeper {
    private static final Logger LOG = LogManager.getLogger(Housekeeper.class);

    private static final int LOOKS_PER_HEARTBEAT = 8;
    private static final long MIN_PERIOD_MS = 5;
    private static final long MAX_PERIOD_MS = 200;
    /** The kernel throws the scheduler out when a thread has waited 30 s; it looks every 15 s. */
    private static final long MAX_WAIT_MS = 20_000;
    private static final int NICE = -15;
    /** Looks between two searches for PrioTables whose processes are gone. */
    private static final int SWEEP_LOOKS = 64;
    private static final long STOP_TIMEOUT_MS = 2_000;
    private static final long NS_PER_MS = 1_000_000;

    private final SchedExtKernel kernel;
    private final long periodMs;
    private final long patienceNs;
    private final Thread thread;
    private int looks;
    private volatile boolean stopping;

    Housekeeper(SchedExtKernel kernel) {
        this.kernel = kernel;
        long heartbeatMs = kernel.options().heartbeatMs();
        periodMs = Math.clamp(heartbeatMs / LOOKS_PER_HEARTBEAT, MIN_PERIOD_MS, MAX_PERIOD_MS);
        patienceNs = heartbeatMs * NS_PER_MS / 2;
        thread = Thread.ofPlatform().daemon().name("ghost-housekeeper").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Ends it; it may be the caller. */
    void stop() {
        stopping = true;
        if (!thread.isAlive() || Thread.currentThread().equals(thread)) {
            return;
        }
        thread.interrupt();
    }

    /** Waits until it has ended; outside of every command. */
    void join() throws InterruptedException {
        thread.join(STOP_TIMEOUT_MS);
    }

    private void run() {
        Threads.setNice(Threads.current(), NICE);
        while (!stopping) {
            try {
                Thread.sleep(periodMs);
                look();
            } catch (InterruptedException _) {
                stopping = true;
            } catch (RuntimeException | Error e) {
                LOG.error("the housekeeper was disturbed", e);
            }
        }
    }

    private void look() {
        if (++looks % SWEEP_LOOKS == 0) {
            kernel.clientTables().sweep();
        }
        if (kernel.side().exited()) {
            String reason = "the kernel put the scheduler out: " + kernel.side().exitReason();
            for (SchedExtEnclave enclave : kernel.enclaves()) {
                destroy(enclave, reason);
            }
            return;
        }
        for (SchedExtEnclave enclave : kernel.enclaves()) {
            look(enclave);
        }
    }

    private void look(SchedExtEnclave enclave) {
        String reason = enclave.failure();
        if (reason == null) {
            reason = starves(enclave);
        }
        if (reason != null) {
            destroy(enclave, reason);
        } else if (agentsAreWell(enclave)) {
            beat(enclave);
        }
    }

    private void destroy(SchedExtEnclave enclave, String reason) {
        LOG.error("enclave {} is destroyed: {}", enclave.id(), reason);
        kernel.execute(() -> enclave.destroyFromBelow(reason));
    }

    private void beat(SchedExtEnclave enclave) {
        RecordTable enclaves = kernel.side().enclaves;
        enclaves.setLong(enclave.slot(), SchedExtLayout.Enclave.HEARTBEAT_NS, kernel.now());
        int wanted = EnclaveModes.number(enclave.mode());
        int mode = enclaves.getInt(enclave.slot(), SchedExtLayout.Enclave.MODE);
        if (mode != wanted && mode == EnclaveModes.FIFO && enclave.alive()) {
            LOG.warn("enclave {}: its agents are back, the in-kernel FIFO ends", enclave.id());
            enclave.applyMode();
        }
    }

    private boolean agentsAreWell(SchedExtEnclave enclave) {
        boolean well = true;
        CpuSet cpus = enclave.cpus();
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            AgentThread agent = enclave.agent(cpu);
            if (agent != null && !agent.isWell(kernel.now(), patienceNs)) {
                well = false;
                agent.setAside(words(cpusOfNoEnclave()));
            }
        }
        return well;
    }

    /** All CPUs if every one is in an enclave. */
    private CpuSet cpusOfNoEnclave() {
        CpuSet free = kernel.topology().allCpus().copy();
        kernel.enclaves().forEach(enclave -> free.removeAll(enclave.cpus()));
        return free.isEmpty() ? kernel.topology().allCpus() : free;
    }

    private static long[] words(CpuSet cpus) {
        long[] words = new long[Threads.AFFINITY_WORDS];
        for (int word = 0; word < words.length; word++) {
            words[word] = cpus.word(word);
        }
        return words;
    }

    /** Why the enclave must be destroyed because a thread waits too long; null if none does. */
    private @Nullable String starves(SchedExtEnclave enclave) {
        long timeoutMs = enclave.tunable(Tunable.RUNNABLE_TIMEOUT);
        long limitMs = timeoutMs == 0 ? MAX_WAIT_MS : Math.min(timeoutMs, MAX_WAIT_MS);
        int word = enclave.members().waitsLongerThan(limitMs * NS_PER_MS, kernel.now());
        if (word < 0) {
            return null;
        }
        return "thread " + enclave.members().nameOf(word) + " has waited for a CPU for more than " + limitMs + " ms, "
                + (limitMs == timeoutMs ? "its runnable_timeout" : "and soon the kernel would end all enclaves");
    }
}
