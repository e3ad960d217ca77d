package org.ghosthost.enclave;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** The enclaves of one backend, and the policies that they may run. Any thread. */
public final class EnclaveManager implements AutoCloseable {
    /** Most enclaves at one time. */
    public static final int MAX_ENCLAVES = 64;

    private static final Logger LOG = LogManager.getLogger(EnclaveManager.class);

    private final KernelBackend backend;
    private final long seed;
    private final PolicyTracker policies;
    private final Map<Integer, Enclave> enclaves = new TreeMap<>();

    /**
     * Enclaves on this backend.
     *
     * @param seed for the randomness of policies
     * @param stateDirectory where to remember what must outlive the process; null = nowhere
     */
    public EnclaveManager(KernelBackend backend, long seed, @Nullable Path stateDirectory) {
        this.backend = backend;
        this.seed = seed;
        Path file = stateDirectory == null ? null : stateDirectory.resolve("rolled-back-releases");
        policies = new PolicyTracker(this, new RejectedReleases(file));
    }

    /** What runs the threads. */
    public KernelBackend backend() {
        return backend;
    }

    /** The installed releases. */
    public PolicyTracker policies() {
        return policies;
    }

    /**
     * Makes an enclave; the built-in FIFO leads in it.
     *
     * @param id its number, 1 to 65535; 0 = the next free one
     * @throws EnclaveException if the number or a CPU is in use, or a CPU does not exist
     */
    public Enclave create(int id, CpuSet cpus) throws EnclaveException {
        if (cpus.isEmpty()) {
            throw new EnclaveException("an enclave needs at least one CPU");
        }
        if (id < 0 || id > 65535) {
            throw new EnclaveException("the number of an enclave is 1 to 65535, not " + id);
        }
        Object[] result = new Object[1];
        backend.execute(() -> {
            synchronized (enclaves) {
                try {
                    result[0] = make(id, cpus);
                } catch (EnclaveException | KernelException e) {
                    result[0] = e;
                }
            }
        });
        return switch (result[0]) {
            case Enclave enclave -> enclave;
            case Exception e -> throw new EnclaveException(String.valueOf(e.getMessage()), e);
            case null, default -> throw new AssertionError("the backend did not run the command");
        };
    }

    private Enclave make(int wanted, CpuSet cpus) throws EnclaveException, KernelException {
        if (enclaves.size() >= MAX_ENCLAVES) {
            throw new EnclaveException("there are " + MAX_ENCLAVES + " enclaves already: destroy one first");
        }
        int id = wanted;
        for (int next = 1; id == 0; next++) {
            id = enclaves.containsKey(next) ? 0 : next;
        }
        if (enclaves.containsKey(id)) {
            throw new EnclaveException("enclave " + id + " exists already");
        }
        KernelEnclave kernel = backend.createEnclave(id, cpus);
        try {
            Enclave enclave = new Enclave(this, backend, kernel, seed);
            kernel.onDestroyed(enclave::destroyed);
            enclaves.put(id, enclave);
            LOG.info("enclave {} made of CPUs {}", id, cpus);
            return enclave;
        } catch (EnclaveException | KernelException | RuntimeException | Error e) {
            kernel.destroy();
            throw e;
        }
    }

    /** The enclaves, by number. */
    public List<Enclave> enclaves() {
        synchronized (enclaves) {
            return new ArrayList<>(enclaves.values());
        }
    }

    /** The enclave with this number. */
    public Enclave enclave(int id) throws EnclaveException {
        synchronized (enclaves) {
            Enclave enclave = enclaves.get(id);
            if (enclave == null) {
                throw new EnclaveException("there is no enclave " + id + (enclaves.isEmpty()
                        ? ": make one with ghost:create" : ": there are " + enclaves.keySet()));
            }
            return enclave;
        }
    }

    /** Destroys an enclave: its tasks go back to the default scheduler, its CPUs are free. */
    public void destroy(int id) throws EnclaveException {
        Enclave enclave = enclave(id);
        enclave.destroy("by command");
        synchronized (enclaves) {
            enclaves.remove(id);
        }
    }

    /** Destroys all enclaves. */
    @Override
    public void close() {
        for (Enclave enclave : enclaves()) {
            enclave.destroy("the host stops");
        }
        synchronized (enclaves) {
            enclaves.clear();
        }
    }
}
