package org.ghosthost.enclave.kernel;

import java.util.Set;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;

/**
 * What runs the threads: the weaker of its two sides. Outcomes may come late, a task may run or stop without a commit
 * of ours, and the attachment to an enclave may be lost at any time.
 *
 * <p>Control operations throw {@link KernelException}; operations on hot paths return codes and allocate nothing.
 */
public interface KernelBackend extends AutoCloseable {
    /** Name for people: {@code simulated}, {@code sched_ext}. */
    String name();

    /** The machine. */
    Topology topology();

    /** What this backend offers. */
    Set<Feature> features();

    /** The clock of messages, status words and agents: monotonic, ns. */
    long now();

    /**
     * Runs a command where it needs no lock against agents, and waits for its end. The simulated machine runs it on
     * its own thread between two events (or right here while it stands still); a real kernel runs it right here.
     */
    void execute(Runnable command);

    /**
     * Makes an enclave of these CPUs.
     *
     * @param id 1 to 65535, not in use
     * @throws KernelException EEXIST, EBUSY (a CPU is in another enclave), EINVAL, ENODEV (a CPU is offline)
     */
    KernelEnclave createEnclave(int id, CpuSet cpus) throws KernelException;

    /** Whether its tasks are threads of this machine's processes, which are named by their tids. */
    default boolean runsProcesses() {
        return false;
    }

    /**
     * Takes over the PrioTable that a process keeps in memory which it shares, in place of one that it had; it is let
     * go when the process is gone. Who may do that is for the caller to check.
     *
     * @param tgid the process
     * @param descriptor its number of the file of that memory
     * @throws KernelException ESRCH, EBADF (not such a file), EPERM (the memory can shrink), EINVAL (holds no table),
     *     ENOTSUP
     */
    default void takePrioTable(int tgid, int descriptor) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "the " + name() + " backend has no processes");
    }

    /** Destroys all enclaves; their tasks go back to the default scheduler. */
    @Override
    void close();
}
