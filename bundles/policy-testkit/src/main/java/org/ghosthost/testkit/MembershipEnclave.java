package org.ghosthost.testkit;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;

/** An enclave of a {@link MembershipKernel}. */
final class MembershipEnclave extends InertEnclave {
    private static final int AGENTS = 64;

    private final int id;
    private final CpuSet cpus;
    private final Map<Integer, Long> gtids = new TreeMap<>();
    private final StatusWords words =
            new StatusWords(MemorySegment.ofArray(new long[AGENTS * StatusWordLayout.SIZE / Long.BYTES]));
    private final TransactionTable transactions;
    private boolean alive = true;
    private int entered;

    MembershipEnclave(int id, CpuSet cpus) {
        this.id = id;
        this.cpus = cpus.frozen();
        transactions = new TransactionTable(
                MemorySegment.ofArray(new long[(cpus.last() + 1) * TransactionLayout.SIZE / Long.BYTES]));
    }

    synchronized Set<Integer> tids() {
        return Set.copyOf(gtids.keySet());
    }

    @Override
    public synchronized void enter(long tid) throws KernelException {
        if (!alive) {
            throw new KernelException(Errno.EXDEV, "enclave " + id + " is gone");
        }
        gtids.putIfAbsent((int) tid, Gtid.of((int) tid, ++entered));
    }

    @Override
    public synchronized void leave(long tid) throws KernelException {
        if (gtids.remove((int) tid) == null) {
            throw new KernelException(Errno.ESRCH, "thread " + tid + " is not in enclave " + id);
        }
    }

    @Override
    public synchronized long gtid(int tid) {
        return gtids.getOrDefault(tid, 0L);
    }

    @Override
    public synchronized boolean alive() {
        return alive;
    }

    @Override
    public synchronized void destroy() {
        alive = false;
        gtids.clear();
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public CpuSet cpus() {
        return cpus.copy();
    }

    @Override
    public StatusWords statusWords() {
        return words;
    }

    @Override
    public TransactionTable transactions() {
        return transactions;
    }

    @Override
    public int createQueue(int elements) {
        return 0;
    }

    @Override
    public int drain(int queue, MessageHandler handler, int limit) {
        return 0;
    }

    @Override
    public int depth(int queue) {
        return 0;
    }

    @Override
    public boolean takeResync() {
        return false;
    }

    @Override
    public int attachAgent(int cpu, int queue, AgentPass pass) {
        return cpu;
    }

    @Override
    public void detachAgent(int cpu) {}

    @Override
    public void commit(int agentCpu, CpuSet slots) {}

    @Override
    public boolean commitSyncGroup(int agentCpu, CpuSet slots) {
        return false;
    }

    @Override
    public void setGeneration(int generation) {}

    @Override
    public synchronized int taskCount() {
        return gtids.size();
    }

    @Override
    public String taskName(long gtid) {
        return Gtid.toString(gtid);
    }

    @Override
    public boolean affinity(long gtid, CpuSet into) {
        return false;
    }

    @Override
    public int freeStatusWord(int index) {
        return 0;
    }
}
