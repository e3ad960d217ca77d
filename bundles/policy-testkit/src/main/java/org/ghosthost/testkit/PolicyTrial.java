package org.ghosthost.testkit;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.EnclaveStatus;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.enclave.TaskInfo;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.MachineObserver;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.workload.loader.Workloads;

/**
 * A policy in charge of the simulated machine, under a workload: for the tests of its author. Everything is real but
 * the threads; the same configuration makes the same run. One thread.
 */
public final class PolicyTrial implements AutoCloseable {
    private static final int ENCLAVE = 1;
    private static final long STEP_NS = 20_000;
    private static final long LONGEST_HANDOFF_NS = 1_000_000_000;

    private static final long LOOK_NS = 1_000_000;
    private static final int MAX_LOOKS = 20;

    private final MachineConfig config;
    private final SimulatedKernel machine;
    private final EnclaveManager manager;
    private final Enclave enclave;
    private final Watch watch = new Watch();

    /** A machine of that configuration, one enclave of all its CPUs, under the built-in FIFO. */
    public PolicyTrial(MachineConfig config) throws EnclaveException {
        this.config = config;
        machine = new SimulatedKernel(config);
        machine.observe(watch);
        manager = new EnclaveManager(machine, config.seed(), null);
        enclave = manager.create(ENCLAVE, config.topology().allCpus().copy());
    }

    /** What the tests call a release: name, version, model and factory. */
    public static PolicyRelease release(String name, String version, PolicyModel model, PolicyFactory factory) {
        return new PolicyRelease(name, PolicyVersion.parse(version), model, Set.of(), factory, "a test");
    }

    /** Lets a release take over, while everything else goes on. */
    public void attach(PolicyRelease release, Map<String, String> configuration) throws EnclaveException {
        Handoff way = enclave.attach(release, configuration);
        long deadlineNs = machine.now() + LONGEST_HANDOFF_NS;
        while (!leads(way) && !way.state().isFinal() && machine.now() < deadlineNs) {
            machine.runFor(STEP_NS);
        }
        if (!leads(way)) {
            throw new AssertionError(release.id() + " is " + way.state() + " on " + this + ": " + way.roll().reason());
        }
    }

    private static boolean leads(Handoff way) {
        return way.state() == HandoffState.PROBATION || way.state() == HandoffState.COMMITTED;
    }

    /** Starts a workload, as in {@code "periodic:tasks=10,utilisation=3"}. */
    public void load(String workload) {
        machine.load(Workloads.parse(workload, Path.of("")), ENCLAVE);
    }

    /** Virtual time passes. */
    public void runFor(long ns) {
        machine.runFor(ns);
    }

    /** Jobs that were done so far. */
    public long jobs() {
        return watch.jobs;
    }

    /** Jobs that were done after their deadline. */
    public long misses() {
        return watch.misses;
    }

    /** The longest time, ns, that a task could run and had no CPU, those included that still wait. */
    public long longestWaitNs() {
        long longest = watch.longestWaitNs;
        for (int task = 0; task < watch.waitsSince.length; task++) {
            if (watch.waitsSince[task] > 0) {
                longest = Math.max(longest, machine.now() - watch.waitsSince[task]);
            }
        }
        return longest;
    }

    /** How the enclave is. */
    public EnclaveStatus status() {
        return enclave.status();
    }

    /** The tasks that live. */
    public List<TaskInfo> tasks() {
        return enclave.tasks();
    }

    /** Why a task runs, waits or sleeps. */
    public Optional<String> why(String task) throws EnclaveException {
        return enclave.why(task);
    }

    /** The hash of all that happened. */
    public long traceHash() {
        return machine.traceHash();
    }

    /** The dump of the policy in charge. */
    public String dump() {
        return enclave.dump();
    }

    /** The enclave is there, the policy still leads, and no task was lost. */
    public void assertSound(String policy) {
        // A message that did not fit is made up for when an agent looks next, which can take a while in-kernel.
        for (int look = 0; look < MAX_LOOKS && enclave.status().lostTasks() != 0; look++) {
            runFor(LOOK_NS);
        }
        EnclaveStatus now = enclave.status();
        if (!enclave.alive() || now.lostTasks() != 0 || !now.policy().equals(policy)) {
            throw new AssertionError("not sound on " + this + ": " + now + " " + enclave.destroyedBecause() + " "
                    + enclave.history());
        }
    }

    @Override
    public void close() {
        manager.close();
        machine.close();
    }

    @Override
    public String toString() {
        return config.profile() + " seed " + config.seed();
    }

    private static final class Watch implements MachineObserver {
        private long[] waitsSince = new long[64];
        private long longestWaitNs;
        private long jobs;
        private long misses;

        @Override
        public void wakeup(int task, int wakerCpu, long now) {
            waits(task, now);
        }

        @Override
        public void onCpu(int task, int cpu, long now) {
            if (task < waitsSince.length && waitsSince[task] > 0) {
                longestWaitNs = Math.max(longestWaitNs, now - waitsSince[task]);
                waitsSince[task] = 0;
            }
        }

        @Override
        public void offCpu(int task, int cpu, int reason, long now) {
            if (reason == PREEMPTED || reason == YIELDED) {
                waits(task, now);
            }
        }

        @Override
        public void taskExited(int task, long now) {
            if (task < waitsSince.length) {
                waitsSince[task] = 0;
            }
        }

        private void waits(int task, long now) {
            if (task >= waitsSince.length) {
                waitsSince = Arrays.copyOf(waitsSince, Math.max(task + 1, 2 * waitsSince.length));
            }
            waitsSince[task] = now;
        }

        @Override
        public void jobEnd(int task, long releasedNs, long deadlineNs, boolean missed, long now) {
            jobs++;
            misses += missed ? 1 : 0;
        }
    }
}
