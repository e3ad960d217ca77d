package org.ghosthost.kernel.schedext;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.ffm.SharedMemory;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * The real machine: threads of the extensible scheduling class, each scheduled by the agents of its enclave. Agents are
 * threads of this process; commands run on the thread that gives them, while no pass is under way.
 */
final class SchedExtKernel implements KernelBackend {
    /** An agent that does not come out of a pass for so long is not waited for. */
    static final long PATIENCE_NS = 5_000_000_000L;

    private static final Logger LOG = LogManager.getLogger(SchedExtKernel.class);
    private static final int MAX_ENCLAVE_ID = 65_535;

    private final SchedExtOptions options;
    private final Topology topology;
    private final KernelSide side;
    private final TransactionTable transactions;
    private final QueueNumbers queueNumbers = new QueueNumbers();
    private final Gates gates = new Gates();
    private final ClientTables clientTables = new ClientTables();
    private final List<SchedExtEnclave> enclaves = new CopyOnWriteArrayList<>();
    private final boolean[] slots = new boolean[SchedExtLayout.MAX_ENCLAVES];
    private final Housekeeper housekeeper;
    private final Set<Feature> features;
    private volatile boolean hung;
    private boolean closed;

    private SchedExtKernel(SchedExtOptions options, Topology topology, KernelSide side) {
        this.options = options;
        this.topology = topology;
        this.side = side;
        transactions = new TransactionTable(side.transactions);
        features = Collections.unmodifiableSet(EnumSet.of(Feature.TICKS, Feature.CPU_AVAILABILITY,
                Feature.CPU_NOT_IDLE, Feature.SYNC_GROUP, Feature.COMMIT_AT_SCHEDULE, Feature.SLICE,
                Feature.MODE_FIFO, Feature.MODE_VRUNTIME, Feature.PRIO_TABLE));
        housekeeper = new Housekeeper(this);
    }

    /** Loads and attaches the scheduler, and tries it. */
    static SchedExtKernel open(SchedExtOptions options, Topology topology) throws KernelException {
        if (topology.allCpus().last() >= SchedExtLayout.MAX_CPUS) {
            throw new KernelException(Errno.E2BIG, "the sched_ext backend serves up to " + SchedExtLayout.MAX_CPUS
                    + " CPUs, this machine has " + topology.allCpus().size());
        }
        KernelSide side = KernelSide.load(options, topology.allCpus().last() + 1);
        SchedExtKernel kernel = new SchedExtKernel(options, topology, side);
        try {
            side.attach();
            if (options.lockMemory() && !SharedMemory.lockAll()) {
                LOG.warn("memory is not locked in place, so agents may have to wait for it: that takes CAP_IPC_LOCK "
                        + "or a higher limit of locked memory");
            }
            kernel.housekeeper.start();
            if (options.selfTest()) {
                SelfTest.run(kernel);
            }
            return kernel;
        } catch (KernelException | RuntimeException | Error e) {
            kernel.close();
            throw e;
        }
    }

    SchedExtOptions options() {
        return options;
    }

    KernelSide side() {
        return side;
    }

    TransactionTable transactions() {
        return transactions;
    }

    QueueNumbers queueNumbers() {
        return queueNumbers;
    }

    ClientTables clientTables() {
        return clientTables;
    }

    List<SchedExtEnclave> enclaves() {
        return enclaves;
    }

    @Override
    public String name() {
        return "sched_ext";
    }

    @Override
    public Topology topology() {
        return topology;
    }

    @Override
    public Set<Feature> features() {
        return features;
    }

    @Override
    public boolean runsProcesses() {
        return true;
    }

    @Override
    public void takePrioTable(int tgid, int descriptor) throws KernelException {
        clientTables.take(tgid, descriptor);
    }

    /** The kernel's monotonic clock, which is also that of the JVM. */
    @Override
    public long now() {
        return System.nanoTime();
    }

    @Override
    public void execute(Runnable command) {
        gates.execute(command);
    }

    @Override
    public KernelEnclave createEnclave(int id, CpuSet cpus) throws KernelException {
        SchedExtEnclave[] made = new SchedExtEnclave[1];
        KernelException[] refused = new KernelException[1];
        gates.execute(() -> {
            try {
                made[0] = create(id, cpus);
            } catch (KernelException e) {
                refused[0] = e;
            }
        });
        if (refused[0] != null) {
            throw refused[0];
        }
        return made[0];
    }

    private SchedExtEnclave create(int id, CpuSet cpus) throws KernelException {
        if (id < 1 || id > MAX_ENCLAVE_ID) {
            throw new KernelException(Errno.EINVAL, "the number of an enclave is 1 to " + MAX_ENCLAVE_ID + ": " + id);
        }
        for (SchedExtEnclave other : enclaves) {
            if (other.id() == id) {
                throw new KernelException(Errno.EEXIST, "there is an enclave " + id);
            }
        }
        if (side.exited()) {
            LOG.warn("the kernel had put the scheduler out ({}): attaching it again", side.exitReason());
            side.attach();
        }
        checkFree(cpus, null);
        SchedExtEnclave enclave = new SchedExtEnclave(this, takeSlot(), id);
        gates.add(enclave.gate());
        enclaves.add(enclave);
        try {
            enclave.setCpus(cpus);
        } catch (KernelException e) {
            enclave.destroy();
            throw e;
        }
        return enclave;
    }

    private int takeSlot() throws KernelException {
        for (int slot = 0; slot < slots.length; slot++) {
            if (!slots[slot]) {
                slots[slot] = true;
                return slot;
            }
        }
        throw new KernelException(Errno.ENOSPC, "there are " + slots.length + " enclaves already");
    }

    /** The CPUs exist, are online, and are in no other enclave than this one. */
    void checkFree(CpuSet cpus, @Nullable SchedExtEnclave in) throws KernelException {
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            if (!topology.allCpus().contains(cpu)) {
                throw new KernelException(Errno.ENODEV, "this machine has no CPU " + cpu);
            }
            for (SchedExtEnclave other : enclaves) {
                if (!other.equals(in) && other.cpus().contains(cpu)) {
                    throw new KernelException(Errno.EBUSY, "CPU " + cpu + " is in enclave " + other.id());
                }
            }
        }
    }

    /** The enclave is gone; its slot is kept if the kernel has not let go of it. */
    void forget(SchedExtEnclave enclave, boolean free) {
        enclaves.remove(enclave);
        gates.remove(enclave.gate());
        if (free) {
            slots[enclave.slot()] = false;
        } else {
            LOG.error("the kernel has not let go of enclave {}", enclave.id());
        }
    }

    /** An agent did not end: it is in a policy that hangs. */
    void hangs(SchedExtEnclave enclave, int cpu) {
        hung = true;
        LOG.error("the agent of CPU {} of enclave {} hangs in its policy and was left behind", cpu, enclave.id());
    }

    @Override
    public void close() {
        gates.execute(() -> {
            if (closed) {
                return;
            }
            closed = true;
            housekeeper.stop();
            for (SchedExtEnclave enclave : enclaves) {
                enclave.destroy();
            }
            if (hung) {
                side.detach(); // the thread that was left behind may still use the rest
            } else {
                side.close();
            }
        });
    }
}
