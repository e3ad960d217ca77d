package org.ghosthost.simulate;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.PolicyLoader;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.CostTable;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.metrics.PerfettoTrace;
import org.ghosthost.policy.Durations;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.loader.Workloads;
import org.jspecify.annotations.Nullable;

/** {@code simulate}: one run as the options say, and its results. */
final class SimulateCommand {
    private static final long DEFAULT_DURATION_NS = 10_000_000_000L;

    private final PolicyLoader policies;
    private final Path directory;
    private final PrintStream out;

    /** Relative names are looked up in {@code directory}. */
    SimulateCommand(PolicyLoader policies, Path directory, PrintStream out) {
        this.policies = policies;
        this.directory = directory;
        this.out = out;
    }

    void run(SimulateOptions options) {
        SimulationPlan plan = plan(options);
        try (OutputFile json = open(options.json()); OutputFile traceFile = open(options.trace())) {
            PerfettoTrace trace = traceFile == null ? null
                    : new PerfettoTrace(traceFile.stream(), plan.machine().topology().cpuCount());
            SimulationResult result = Simulation.run(plan, trace);
            if (traceFile != null && trace != null) {
                if (trace.failure() != null) {
                    throw OutputFile.trouble(resolve(String.valueOf(options.trace())), trace.failure());
                }
                traceFile.complete();
            }
            if (json != null) {
                writeJson(result, json, String.valueOf(options.json()));
            }
            print(result, options);
        }
    }

    private void writeJson(SimulationResult result, OutputFile json, String name) {
        try {
            ResultJson.write(result, json.stream());
        } catch (IOException e) {
            throw OutputFile.trouble(resolve(name), e);
        }
        json.complete();
    }

    private void print(SimulationResult result, SimulateOptions options) {
        if (!"-".equals(options.json())) {
            out.print(ResultTable.of(result, options.allTasks()));
            return;
        }
        try {
            ResultJson.write(result, out);
        } catch (IOException e) {
            throw new SimulateException("cannot write the result: " + e.getMessage(), e);
        }
    }

    private @Nullable OutputFile open(@Nullable String name) {
        return name == null || name.equals("-") ? null : OutputFile.open(resolve(name));
    }

    private Path resolve(String name) {
        try {
            return directory.resolve(name);
        } catch (InvalidPathException e) {
            throw new SimulateException("'" + name + "' is no name of a file", e);
        }
    }

    // ---- from options to a plan

    private SimulationPlan plan(SimulateOptions options) {
        int cpus = options.machine().cpuCount();
        Workload workload = workload(options.workload(), cpus);
        long durationNs = duration(options, workload);
        List<SimulationPlan.PlannedRoll> rolls = new ArrayList<>();
        for (RollPlan roll : options.rolls()) {
            if (roll.atNs() >= durationNs) {
                throw new SimulateException("the roll at " + Durations.toString(roll.atNs())
                        + " is not before the end of the run at " + Durations.toString(durationNs));
            }
            rolls.add(new SimulationPlan.PlannedRoll(roll.atNs(), load(roll.jar(), cpus)));
        }
        PolicyRelease policy = options.policy() == null ? null : load(options.policy(), cpus);
        if (policy == null && !options.config().isEmpty()) {
            throw new SimulateException("--config is for a policy: name one by --policy");
        }
        return new SimulationPlan(machine(options), workload, durationNs, policy, options.config(), rolls);
    }

    private static MachineConfig machine(SimulateOptions options) {
        CostTable costs = CostTable.PAPER;
        for (Map.Entry<String, String> cost : options.costs().entrySet()) {
            try {
                costs = costs.with(cost.getKey(), Long.parseLong(cost.getValue()));
            } catch (NumberFormatException e) {
                throw new SimulateException("--costs " + cost.getKey() + ": '" + cost.getValue()
                        + "' is not a whole number of ns", e);
            } catch (IllegalArgumentException e) {
                throw new SimulateException("--costs: " + e.getMessage(), e);
            }
        }
        return MachineConfig.of(options.machine(), options.seed()).withCosts(costs)
                .withProfile(options.schedExt() ? Profile.SCHED_EXT : Profile.GHOST).withInvariants(options.check());
    }

    private Workload workload(String name, int cpus) {
        try {
            Workload workload = Workloads.parse(name, directory);
            workload.checkCpus(cpus);
            return workload;
        } catch (WorkloadException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        }
    }

    private static long duration(SimulateOptions options, Workload workload) {
        if (options.durationNs() != null) {
            return options.durationNs();
        }
        return workload.durationNs() == Workload.NO_DURATION ? DEFAULT_DURATION_NS : workload.durationNs();
    }

    private PolicyRelease load(String jar, int cpus) {
        PolicyRelease release;
        try {
            release = policies.load(jar, directory);
        } catch (EnclaveException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        }
        if (release.model() == PolicyModel.GLOBAL && cpus < 2) {
            throw new SimulateException("policy " + release.id() + " is global and needs 2 or more CPUs, because its"
                    + " agent takes one: use --cpus 2 or more");
        }
        return release;
    }
}
