package org.ghosthost.testkit;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** What a kernel side answers that has no threads, no queues but one that matters, and nothing to tune. */
abstract class InertEnclave implements KernelEnclave {
    @Override
    public void setCpus(CpuSet others) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "the null kernel cannot change CPUs");
    }

    @Override
    public void setDefaultQueue(int queue) {}

    @Override
    public void configWakeup(int queue, int cpu) {}

    @Override
    public int associate(long gtid, int queue, int barrier) {
        return 0;
    }

    @Override
    public int associateAgent(int cpu, int queue, int barrier) {
        return 0;
    }

    @Override
    public boolean ping(int cpu) {
        return true;
    }

    @Override
    public void leave(long tid) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "tasks of the null kernel do not leave");
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return null;
    }

    @Override
    public int armTimer(int cpu, long atNs, long type, long cookie) {
        return -Errno.EINVAL.number();
    }

    @Override
    public long tunable(Tunable tunable) {
        return 0;
    }

    @Override
    public void setTunable(Tunable tunable, long value) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "the null kernel has no tunables");
    }

    @Override
    public void setMode(EnclaveMode mode, long sliceNs) {}

    @Override
    public EnclaveMode mode() {
        return EnclaveMode.AGENTS;
    }

    @Override
    public long count(Counter counter) {
        return 0;
    }

    @Override
    public void onDestroyed(DestroyListener listener) {}

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public void destroy() {}
}
