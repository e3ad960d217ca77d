package org.ghosthost.testkit;

import java.util.EnumSet;
import java.util.Set;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * A backend that runs nothing: every task that gets a CPU stops at once, in the way that a {@link NullWorkload} says.
 * What is left is the way of a decision through loop and policy, and the kernel side's own checks of it. For
 * measurements. One thread, one enclave; nothing happens but in {@link #pass}.
 */
public final class NullKernel implements KernelBackend {
    private final Topology topology;
    private final NullWorkload workload;
    private final int maxTasks;
    private @Nullable NullEnclave enclave;

    /**
     * A machine of {@code cpus} CPUs.
     *
     * @param maxTasks the most tasks that the enclave can have
     * @param workload what tasks do
     */
    public NullKernel(int cpus, int maxTasks, NullWorkload workload) {
        topology = Topology.parse(Integer.toString(cpus));
        this.maxTasks = maxTasks;
        this.workload = workload;
    }

    /** What the tasks did so far. */
    public NullEnclave enclave() {
        NullEnclave made = enclave;
        if (made == null) {
            throw new IllegalStateException("no enclave was made yet");
        }
        return made;
    }

    /** One pass of the agent of {@code cpu}, and what the tasks do that got a CPU by it. */
    public void pass(int cpu) {
        NullEnclave made = enclave;
        if (made != null) {
            made.pass(cpu);
        }
    }

    @Override
    public String name() {
        return "null";
    }

    @Override
    public Topology topology() {
        return topology;
    }

    @Override
    public Set<Feature> features() {
        return EnumSet.allOf(Feature.class);
    }

    /** Time stands still but for 1 us a pass. */
    @Override
    public long now() {
        NullEnclave made = enclave;
        return made == null ? 0 : made.nowNs();
    }

    @Override
    public void execute(Runnable command) {
        command.run();
    }

    @Override
    public KernelEnclave createEnclave(int id, CpuSet cpus) throws KernelException {
        if (enclave != null) {
            throw new KernelException(Errno.EBUSY, "there is an enclave already");
        }
        NullEnclave made = new NullEnclave(id, cpus, maxTasks, workload);
        enclave = made;
        return made;
    }

    @Override
    public void close() {}
}
