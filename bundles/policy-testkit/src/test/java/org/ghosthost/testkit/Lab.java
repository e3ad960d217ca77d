package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.EnclaveStatus;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.MachineObserver;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * A simulated machine, the real enclave manager, one enclave, and a workload in it. The machine checks its invariants,
 * which costs time, with every odd seed.
 */
final class Lab implements AutoCloseable {
    static final long US = 1_000;
    static final long MS = 1_000_000;
    static final int CPUS = 4;
    private static final long LOOK_NS = 20 * US;
    private static final long PATIENCE_NS = 5_000 * MS;

    /** A profile of the machine, and a seed: what every test of this kind is run with. */
    record Setting(Profile profile, long seed) {
        @Override
        public String toString() {
            return profile + " seed " + seed;
        }
    }

    final SimulatedKernel kernel;
    final EnclaveManager manager;
    final Enclave enclave;
    private final Counting counting = new Counting();
    private final Setting setting;

    private static final class Counting implements MachineObserver {
        private long messages;
        private long lost;

        @Override
        public void message(int enclave, int queue, int type, int task, int cpu, int seqnum, boolean fitted, long now) {
            if (fitted) {
                messages++;
            } else {
                lost++;
            }
        }
    }

    Lab(Setting setting) {
        this(setting, null, config -> config);
    }

    Lab(Setting setting, @Nullable Path state, UnaryOperator<MachineConfig> change) {
        this.setting = setting;
        MachineConfig config = MachineConfig.of(Topology.parse("" + CPUS), setting.seed)
                .withProfile(setting.profile).withInvariants(setting.seed % 2 == 1).withStatusWords(256);
        kernel = new SimulatedKernel(change.apply(config));
        kernel.observe(counting);
        manager = new EnclaveManager(kernel, setting.seed, state);
        enclave = make(1, CpuSet.range(0, CPUS - 1));
    }

    Enclave make(int id, CpuSet cpus) {
        try {
            return manager.create(id, cpus);
        } catch (EnclaveException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        manager.close();
        kernel.close();
    }

    // ---- workloads

    LabWorkload load(int threads, int rounds) {
        return load(threads, rounds, 0);
    }

    /** With threads that leave the enclave and come back, and are load of another class meanwhile. */
    LabWorkload load(int threads, int rounds, int commuters) {
        LabWorkload workload = new LabWorkload(threads, rounds, commuters, CPUS);
        kernel.load(workload, enclave.id());
        return workload;
    }

    /** Lets every thread come to its end and checks that nothing was lost on the way. */
    void finish(LabWorkload workload) {
        workload.stop();
        until("all threads end: " + workload.unfinished(), () -> workload.unfinished().isEmpty());
        run(MS);
        assertSound();
        assertEquals(0, enclave.status().tasks(), "tasks left");
        assertEquals(List.of(), enclave.tasks());
    }

    /** Nothing lost, whatever happened. */
    void assertSound() {
        assertEquals(0, enclave.status().lostTasks(), () -> "lost tasks, " + setting);
    }

    /** Every message that was produced was handled, once. For an enclave that is at rest and in which nobody threw. */
    void assertMessagesConserved() {
        EnclaveStatus status = enclave.status();
        assertEquals(0, counting.lost, "messages that did not fit");
        assertEquals(counting.messages, status.messages(), () -> "messages handled, " + setting);
    }

    /** Lets time pass, in which each thread must make progress. */
    void runAndSeeProgress(LabWorkload workload, long ns) {
        List<Integer> before = workload.progress();
        run(ns);
        List<String> stuck = workload.stuckSince(before);
        if (!stuck.isEmpty()) {
            fail("no progress in " + ns + " ns under " + leader() + ", " + setting + ": " + stuck + "\n"
                    + enclave.tasks() + "\n" + enclave.dump() + "\n" + history());
        }
    }

    // ---- time

    void run(long ns) {
        kernel.runFor(ns);
    }

    void until(String what, BooleanSupplier condition) {
        long end = kernel.now() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            if (kernel.now() >= end) {
                fail("it never came to this: " + what + ", " + setting + ", under " + leader() + "\n" + enclave.tasks()
                        + "\n" + enclave.dump() + "\n" + history());
            }
            kernel.runFor(LOOK_NS);
        }
    }

    // ---- policies

    Handoff attach(PolicyRelease release) {
        try {
            return enclave.attach(release, Map.of());
        } catch (EnclaveException e) {
            throw new AssertionError(e);
        }
    }

    Handoff roll(PolicyRelease release) {
        try {
            return enclave.roll(release);
        } catch (EnclaveException e) {
            throw new AssertionError(e);
        }
    }

    /** Attaches a release and waits until it leads for good. */
    void settle(PolicyRelease release) {
        Handoff way = attach(release);
        until(release.id() + " leads for good", () -> way.state().isFinal());
        assertEquals(HandoffState.COMMITTED, way.state(), () -> way.roll().toString());
    }

    void untilLeads(PolicyRelease release) {
        until(release.id() + " leads", () -> release.equals(enclave.policy()));
    }

    /** Who leads, for people. */
    String leader() {
        EnclaveStatus status = enclave.status();
        return status.policy() + " " + status.version() + " generation " + status.generation();
    }

    List<Roll> history() {
        return enclave.history();
    }

    /** The rolls so far as one line each: from, to, outcome. */
    List<String> story() {
        List<String> story = new ArrayList<>();
        for (Roll roll : history()) {
            story.add(roll.from() + " > " + roll.to() + ": " + roll.outcome().text());
        }
        return story;
    }
}
