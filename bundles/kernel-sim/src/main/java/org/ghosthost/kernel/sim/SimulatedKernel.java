package org.ghosthost.kernel.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;
import org.jspecify.annotations.Nullable;

/**
 * A machine in virtual time that behaves like ghOSt's kernel. Everything follows from its configuration and the
 * commands that are given between events: the same ones make the same run, event for event.
 *
 * <p>Driven by {@link #runUntil}, as fast as possible, on the thread that calls it.
 */
public final class SimulatedKernel implements KernelBackend {
    private final Machine machine;
    private final Set<Feature> features;

    /** Makes a machine; nothing runs on it yet. */
    public SimulatedKernel(MachineConfig config) {
        machine = new Machine(config);
        EnumSet<Feature> offered = EnumSet.allOf(Feature.class);
        offered.remove(Feature.MODE_VRUNTIME);
        offered.remove(Feature.L1D_FLUSH);
        if (config.profile() == Profile.SCHED_EXT) {
            offered.removeAll(EnumSet.of(
                    Feature.SWITCHTO, Feature.TIMERS, Feature.CPU_NOT_IDLE, Feature.AGENT_RUNNABILITY));
        }
        features = Collections.unmodifiableSet(offered);
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public Topology topology() {
        return machine.config.topology();
    }

    @Override
    public Set<Feature> features() {
        return features;
    }

    @Override
    public long now() {
        return machine.now;
    }

    /** What the machine was made from. */
    public MachineConfig config() {
        return machine.config;
    }

    /** Tells {@code observer} from now on; there is one. */
    public void observe(MachineObserver observer) {
        machine.observer = observer;
    }

    // ---- driving

    /** Does all events up to {@code timeNs}, which is the time afterwards. */
    public void runUntil(long timeNs) {
        while (machine.step(timeNs)) {
            // all is done by the event
        }
        machine.now = Math.max(machine.now, timeNs);
    }

    /** Does all events of the next {@code ns}. */
    public void runFor(long ns) {
        runUntil(Math.addExact(machine.now, ns));
    }

    @Override
    public void execute(Runnable command) {
        command.run();
    }

    // ---- what runs

    @Override
    public KernelEnclave createEnclave(int id, CpuSet cpus) throws KernelException {
        return machine.createEnclave(id, cpus);
    }

    /**
     * Starts a workload now. Its tasks of the ghost class enter {@code enclave} when they start; without one, and when
     * the enclave is gone, they are fair.
     */
    public void load(Workload workload, @Nullable KernelEnclave enclave) {
        List<SimProcess> processes = new ArrayList<>();
        for (ProcessSpec spec : workload.processes()) {
            processes.add(machine.newProcess(spec.name(), (SimEnclave) enclave));
        }
        for (TaskSpec spec : workload.tasks(machine.config.seed())) {
            machine.life.create(processes.get(spec.process()), spec, 0);
        }
    }

    /** Starts a workload as {@link #load(Workload, KernelEnclave)} does, in the enclave with this number. */
    public void load(Workload workload, int enclave) {
        for (SimEnclave home : machine.enclaves) {
            if (home.id == enclave) {
                load(workload, home);
                return;
            }
        }
        throw new IllegalArgumentException("there is no enclave " + enclave);
    }

    /** Starts one task in a process of its own; its id. */
    public int spawn(TaskSpec spec, @Nullable KernelEnclave enclave) {
        return machine.life.create(machine.newProcess(spec.name(), (SimEnclave) enclave), spec, 0).id;
    }

    // ---- what happened

    /** Messages produced and transactions decided so far. */
    public long events() {
        return machine.events;
    }

    /** Hash over every message, transaction and context switch so far: the same run, the same number. */
    public long traceHash() {
        return machine.hash.value();
    }

    /** Tasks that are not dead, of all classes. */
    public int liveTasks() {
        return machine.liveTasks();
    }

    /** Tasks that were ever created, of all classes. */
    public int createdTasks() {
        return machine.createdTasks();
    }

    @Override
    public void close() {
        while (!machine.enclaves.isEmpty()) {
            machine.enclaves.get(0).destroy();
        }
    }
}
