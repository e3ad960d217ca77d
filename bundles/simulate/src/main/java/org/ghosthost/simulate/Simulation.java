package org.ghosthost.simulate;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.metrics.PerfettoTrace;
import org.ghosthost.policy.Durations;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/**
 * One run: a machine of its own with one enclave of all its CPUs. The first policy leads before the workload starts.
 * The machine stands still while anything is prepared, so that real time has no influence on what happens.
 */
final class Simulation {
    static final String BUILT_IN = "built-in-fifo 1.0.0";

    private static final int ENCLAVE = 1;
    /** How long the first policy may take to lead, ns of virtual time. */
    private static final long LEAD_TIMEOUT_NS = 1_000_000_000;
    private static final long LEAD_STEP_NS = 10_000;
    /** The run is looked at so often at least: whether it is over or interrupted, and what it allocates. */
    private static final int LOOKS = 512;
    /** Longest time between two looks, ns of virtual time: little enough for somebody who waits. */
    private static final long MAX_LOOK_NS = 20_000_000;

    private final SimulationPlan plan;
    private final SimulatedKernel machine;
    private final Enclave enclave;
    private final RunObserver observer;
    private final @Nullable PerfettoTrace trace;
    private final AllocationMeter allocation = new AllocationMeter();
    private long startNs;
    private long wallNs;

    private Simulation(SimulationPlan plan, SimulatedKernel machine, Enclave enclave, @Nullable PerfettoTrace trace) {
        this.plan = plan;
        this.machine = machine;
        this.enclave = enclave;
        this.trace = trace;
        this.observer = new RunObserver(name(plan.policy()), () -> name(enclave.policy()), trace);
    }

    /**
     * Makes the run. The trace is finished, too, unless it fails.
     *
     * @throws SimulateException if a policy cannot be taken, the workload cannot go on, or somebody interrupts
     */
    static SimulationResult run(SimulationPlan plan, @Nullable PerfettoTrace trace) {
        try (SimulatedKernel machine = new SimulatedKernel(plan.machine());
                EnclaveManager manager = new EnclaveManager(machine, plan.machine().seed(), null)) {
            CpuSet cpus = plan.machine().topology().allCpus();
            return new Simulation(plan, machine, manager.create(ENCLAVE, cpus), trace).run();
        } catch (EnclaveException | WorkloadException | IllegalStateException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        } catch (AssertionError e) {
            throw new SimulateException("the simulated machine is broken, which is a defect of Ghosthost: "
                    + e.getMessage(), e);
        }
    }

    private SimulationResult run() throws EnclaveException {
        machine.observe(observer);
        if (plan.policy() != null) {
            lead(plan.policy());
        }
        startNs = machine.now();
        observer.start(startNs);
        machine.load(plan.workload(), ENCLAVE);
        for (SimulationPlan.PlannedRoll roll : plan.rolls()) {
            advanceTo(roll.atNs(), true);
            roll(roll);
        }
        advanceTo(plan.durationNs(), false);
        if (trace != null) {
            trace.finish(machine.now() - startNs);
        }
        return result();
    }

    private void lead(PolicyRelease policy) throws EnclaveException {
        Handoff way = enclave.attach(policy, plan.config());
        long deadlineNs = machine.now() + LEAD_TIMEOUT_NS;
        while (!leads(way) && !way.state().isFinal() && machine.now() < deadlineNs) {
            machine.runUntil(machine.now() + LEAD_STEP_NS);
        }
        if (!leads(way)) {
            Roll roll = way.roll();
            throw new SimulateException("policy " + policy.id() + " does not come to lead: "
                    + (roll.reason().isEmpty() ? "it is " + way.state() : roll.reason()));
        }
    }

    private static boolean leads(Handoff way) {
        return way.state() == HandoffState.PROBATION || way.state() == HandoffState.COMMITTED;
    }

    private void roll(SimulationPlan.PlannedRoll roll) {
        try {
            enclave.roll(roll.release());
        } catch (EnclaveException e) {
            throw new SimulateException("the roll at " + Durations.toString(roll.atNs()) + " cannot be made: "
                    + e.getMessage(), e);
        }
    }

    /** Runs on, to the time or, unless more is to come, until there is no task any more. */
    private void advanceTo(long timeNs, boolean moreToCome) {
        long step = Math.clamp(plan.durationNs() / LOOKS, 1, MAX_LOOK_NS);
        long nowNs = machine.now() - startNs;
        while (nowNs < timeNs && (moreToCome || !observer.allExited()) && isTraceFine()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new SimulateException("interrupted at " + Durations.toString(nowNs) + "; nothing was written");
            }
            nowNs = Math.min(timeNs, nowNs + step);
            allocation.resume();
            long beganNs = System.nanoTime();
            machine.runUntil(startNs + nowNs);
            wallNs += System.nanoTime() - beganNs;
            allocation.pause(observer.decided());
        }
    }

    private boolean isTraceFine() {
        return trace == null || trace.failure() == null;
    }

    private SimulationResult result() {
        String policy = name(plan.policy());
        int cpus = plan.machine().topology().cpuCount();
        String title = policy + " on " + cpus + (cpus == 1 ? " CPU" : " CPUs") + ", workload " + plan.workload().name()
                + ", seed " + plan.machine().seed();
        return new SimulationResult(title, plan.workload().name(), policy, cpus, plan.machine().seed(),
                machine.traceHash(), machine.events(), wallNs, enclave.status().lostTasks(), observer.messages(),
                observer.transactions(), rolls(), allocation.bytesPerDecision(),
                observer.recorder().summary(machine.now() - startNs), remarks());
    }

    /** All passages of the lead since the start, those that nobody asked for included. */
    private List<RollResult> rolls() {
        List<RollResult> results = new ArrayList<>();
        List<Roll> history = enclave.history();
        for (Roll roll : history.subList(plan.policy() == null ? 0 : 1, history.size())) {
            results.add(new RollResult(roll.atNs() - startNs, roll.from(), roll.to(), roll.outcome().text(),
                    roll.reason(), roll.blackoutNs(), roll.tasksBefore(), roll.tasksAfter(), roll.toGeneration()));
        }
        return results;
    }

    private List<String> remarks() {
        List<String> remarks = new ArrayList<>(plan.workload().remarks());
        remarks.addAll(machine.complaints());
        String gone = enclave.destroyedBecause();
        if (gone != null) {
            remarks.add("the enclave was destroyed, and its tasks went to the default scheduler: " + gone);
        }
        return remarks;
    }

    private static String name(@Nullable PolicyRelease release) {
        return release == null ? BUILT_IN : release.id();
    }
}
