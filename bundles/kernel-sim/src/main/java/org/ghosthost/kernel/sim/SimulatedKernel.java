package org.ghosthost.kernel.sim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.WorkloadRunner;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.loader.Workloads;
import org.jspecify.annotations.Nullable;

/**
 * A machine in virtual time that behaves like ghOSt's kernel. Everything follows from its configuration and the
 * commands that are given between events: the same ones make the same run, event for event.
 *
 * <p>Driven by {@link #runUntil}, as fast as possible, on the thread that calls it; or after {@link #start} by a thread
 * of its own that keeps pace with the wall clock.
 */
public final class SimulatedKernel implements KernelBackend, WorkloadRunner {
    private final Machine machine;
    private final Driver driver;
    private final Set<Feature> features;

    /** Makes a machine; nothing runs on it yet. */
    public SimulatedKernel(MachineConfig config) {
        machine = new Machine(config);
        driver = new Driver(machine);
        EnumSet<Feature> offered = EnumSet.allOf(Feature.class);
        if (config.profile() == Profile.SCHED_EXT) {
            offered.removeAll(EnumSet.of(
                    Feature.SWITCHTO, Feature.TIMERS, Feature.L1D_FLUSH, Feature.AGENT_RUNNABILITY));
        }
        features = Collections.unmodifiableSet(offered);
    }

    Machine machine() {
        return machine;
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

    /**
     * Does all events up to {@code timeNs}, as fast as possible, on this thread; that is the time afterwards.
     *
     * @throws IllegalStateException if the machine follows the wall clock
     */
    public void runUntil(long timeNs) {
        driver.runUntil(timeNs);
    }

    /** Does all events of the next {@code ns}. */
    public void runFor(long ns) {
        driver.runUntil(Math.addExact(machine.now, ns));
    }

    /**
     * Lets the machine follow the wall clock from now on, on a thread of its own.
     *
     * @param speed virtual seconds per second
     */
    public void start(double speed) {
        if (!(speed > 0) || speed > 1e6) {
            throw new IllegalArgumentException("speed must be above 0 and at most 1000000: " + speed);
        }
        driver.start(speed);
    }

    /** Ends {@link #start}: returns when the machine stands still. */
    public void stop() {
        driver.stop();
    }

    /** Why the machine's own thread ended, if it did by itself: the machine is broken then. */
    public @Nullable Throwable failure() {
        return driver.failure();
    }

    @Override
    public void execute(Runnable command) {
        driver.execute(command);
    }

    // ---- what runs

    @Override
    public KernelEnclave createEnclave(int id, CpuSet cpus) throws KernelException {
        Creation creation = new Creation(id, cpus);
        driver.execute(creation);
        return creation.result();
    }

    /**
     * Starts a workload now. Its tasks of the ghost class enter {@code enclave} when they start; without one, and when
     * the enclave is gone or full, they are fair.
     */
    public void load(Workload workload, @Nullable KernelEnclave enclave) {
        driver.execute(() -> {
            List<SimProcess> processes = new ArrayList<>();
            for (ProcessSpec spec : workload.processes()) {
                processes.add(machine.newProcess(spec, (SimEnclave) enclave));
            }
            for (TaskSpec spec : workload.tasks(machine.config.seed())) {
                machine.life.create(processes.get(spec.process()), spec, 0);
            }
        });
    }

    /**
     * Starts a workload as {@link #load(Workload, KernelEnclave)} does, in the enclave with this number.
     *
     * @throws IllegalArgumentException if there is none
     */
    public void load(Workload workload, int enclave) {
        driver.execute(() -> {
            for (SimEnclave home : machine.enclaves) {
                if (home.id == enclave) {
                    load(workload, home);
                    return;
                }
            }
            throw new IllegalArgumentException("there is no enclave " + enclave);
        });
    }

    @Override
    public String startWorkload(String text, Path directory, int enclave) throws KernelException {
        try {
            Workload workload = Workloads.parse(text, directory);
            workload.checkCpus(topology().cpuCount());
            int before = createdTasks();
            load(workload, enclave);
            StringBuilder started = new StringBuilder();
            started.append(createdTasks() - before).append(" tasks of ").append(workload.name())
                    .append(" started in enclave ").append(enclave);
            workload.remarks().forEach(remark -> started.append("; ").append(remark));
            return started.toString();
        } catch (WorkloadException | IllegalArgumentException e) {
            throw new KernelException(Errno.EINVAL, String.valueOf(e.getMessage()));
        }
    }

    /** What was wrong with the programs of tasks that the machine had to end; one sentence each, at most 100. */
    public List<String> complaints() {
        List<String> copy = new ArrayList<>();
        driver.execute(() -> copy.addAll(machine.complaints));
        return copy;
    }

    /** Starts one task in a process of its own, as {@link #load} does; its id. */
    public int spawn(TaskSpec spec, @Nullable KernelEnclave enclave) {
        return spawn(ProcessSpec.plain(spec.name()), spec, enclave);
    }

    /** Starts one task in a new process, as {@link #load} does; its id. */
    public int spawn(ProcessSpec process, TaskSpec spec, @Nullable KernelEnclave enclave) {
        int[] id = new int[1];
        driver.execute(() -> {
            SimProcess made = machine.newProcess(process, (SimEnclave) enclave);
            id[0] = machine.life.create(made, spec, 0).id;
        });
        return id[0];
    }

    /** Lets the agent of a CPU block in the kernel for real: no message can wake it. False if there is none. */
    public boolean blockAgent(int cpu, long ns) {
        boolean[] there = new boolean[1];
        driver.execute(() -> there[0] = machine.agents.block(machine.cpus[cpu], ns));
        return there[0];
    }

    /**
     * Takes a CPU out of the machine, or brings it back.
     *
     * @return false if it has an agent, or is the last one
     */
    public boolean setOnline(int cpu, boolean online) {
        boolean[] done = new boolean[1];
        driver.execute(() -> done[0] = machine.setOnline(machine.cpus[cpu], online));
        return done[0];
    }

    private final class Creation implements Runnable {
        private final int id;
        private final CpuSet cpus;
        private @Nullable KernelEnclave created;
        private @Nullable KernelException refused;

        Creation(int id, CpuSet cpus) {
            this.id = id;
            this.cpus = cpus;
        }

        @Override
        public void run() {
            try {
                created = machine.createEnclave(id, cpus);
            } catch (KernelException e) {
                refused = e;
            }
        }

        KernelEnclave result() throws KernelException {
            KernelEnclave enclave = created;
            if (enclave != null) {
                return enclave;
            }
            if (refused != null) {
                throw refused;
            }
            throw new IllegalStateException("enclave " + id + " was neither made nor refused");
        }
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
        driver.execute(() -> {
            while (!machine.enclaves.isEmpty()) {
                machine.enclaves.get(0).destroy();
            }
        });
        driver.stop();
    }
}
