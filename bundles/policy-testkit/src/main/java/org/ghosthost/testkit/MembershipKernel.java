package org.ghosthost.testkit;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;

/**
 * A backend that writes down which threads of this machine are in which enclave, and does nothing with them: for tests
 * of whoever brings threads in. Nothing is scheduled, and no agent ever runs. Any thread.
 */
public final class MembershipKernel implements KernelBackend {
    private final Topology topology;
    private final Map<Integer, MembershipEnclave> enclaves = new TreeMap<>();
    private final Map<Integer, Integer> prioTables = new TreeMap<>();

    /** A machine of {@code cpus} CPUs. */
    public MembershipKernel(int cpus) {
        topology = Topology.parse(Integer.toString(cpus));
    }

    /** The threads of an enclave, by number. */
    public synchronized Set<Integer> members(int enclave) {
        MembershipEnclave found = enclaves.get(enclave);
        return found == null ? Set.of() : found.tids();
    }

    /** The descriptors of the PrioTables that were handed over, by process. */
    public synchronized Map<Integer, Integer> prioTables() {
        return Map.copyOf(prioTables);
    }

    @Override
    public boolean runsProcesses() {
        return true;
    }

    @Override
    public synchronized void takePrioTable(int tgid, int descriptor) throws KernelException {
        if (descriptor < 0) {
            throw new KernelException(Errno.EBADF, "process " + tgid + " has no file " + descriptor);
        }
        prioTables.put(tgid, descriptor);
    }

    @Override
    public String name() {
        return "membership";
    }

    @Override
    public Topology topology() {
        return topology;
    }

    @Override
    public Set<Feature> features() {
        return Set.of();
    }

    @Override
    public long now() {
        return 1;
    }

    @Override
    public void execute(Runnable command) {
        command.run();
    }

    @Override
    public synchronized KernelEnclave createEnclave(int id, CpuSet cpus) {
        MembershipEnclave enclave = new MembershipEnclave(id, cpus);
        enclaves.put(id, enclave);
        return enclave;
    }

    @Override
    public void close() {}
}
