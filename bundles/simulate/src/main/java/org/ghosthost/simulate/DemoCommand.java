package org.ghosthost.simulate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.PolicyLoader;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.loader.Workloads;

/** {@code demo}: rolls EDF twice under load, the second time to a release that fails, and tells what happened. */
final class DemoCommand {
    static final int CPUS = 8;
    static final long DURATION_NS = 6_000_000_000L;
    static final long FIRST_ROLL_NS = 2_000_000_000L;
    static final long SECOND_ROLL_NS = 4_000_000_000L;

    private final PolicyLoader policies;
    private final Path home;
    private final Path directory;
    private final PrintStream out;

    /** Takes policies and workload from the product's folder; relative names are looked up in {@code directory}. */
    DemoCommand(PolicyLoader policies, Path home, Path directory, PrintStream out) {
        this.policies = policies;
        this.home = home;
        this.directory = directory;
        this.out = out;
    }

    static Options options() {
        Options options = new Options();
        options.addOption(CommandLines.value("json", "FILE", "write what happened as JSON; '-' = to the output"));
        options.addOption(CommandLines.value("seed", "N", "seed of everything that is random (1)"));
        return options;
    }

    void run(List<String> arguments) {
        CommandLine line = CommandLines.parse(options(), arguments, "demo");
        String json = line.getOptionValue("json");
        boolean toOutput = "-".equals(json);
        SimulationPlan plan = plan(CommandLines.seed(line));
        try (OutputFile file = json == null || toOutput ? null : OutputFile.open(directory.resolve(json))) {
            SimulationResult result = Simulation.run(plan, null);
            if (file != null) {
                writeJson(result, file.stream());
                file.complete();
            }
            if (toOutput) {
                writeJson(result, out);
            } else {
                out.print(DemoStory.of(result));
            }
        } catch (IOException e) {
            throw new SimulateException("cannot write " + json + ": " + e.getMessage(), e);
        }
    }

    private SimulationPlan plan(long seed) {
        MachineConfig machine = MachineConfig.of(Topology.parse(Integer.toString(CPUS)), seed);
        return new SimulationPlan(machine, workload(), DURATION_NS, load("policies/policy-edf.jar"), Map.of(), List.of(
                new SimulationPlan.PlannedRoll(FIRST_ROLL_NS, load("policies/policy-edf-1.1.0.jar")),
                new SimulationPlan.PlannedRoll(SECOND_ROLL_NS, load("examples/policy-edf-1.2.0-throws.jar"))));
    }

    private Workload workload() {
        try {
            return Workloads.load(home.resolve("examples/workloads/deadlines.json"));
        } catch (WorkloadException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        }
    }

    private PolicyRelease load(String jar) {
        try {
            return policies.load(home.resolve(jar).toString(), home);
        } catch (EnclaveException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        }
    }

    static void writeJson(SimulationResult result, OutputStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("workload", result.workload());
            json.writeNumberField("cpus", result.cpus());
            json.writeNumberField("seed", result.seed());
            json.writeNumberField("duration_ns", result.run().endNs());
            json.writeStringField("trace_hash", result.hash());
            json.writeNumberField("events", result.events());
            json.writeNumberField("wall_ns", result.wallNs());
            json.writeNumberField("tasks", result.run().created());
            json.writeNumberField("tasks_lost", result.lost());
            ResultJson.phases(json, "deadline_misses", result.run().phases());
            ResultJson.rolls(json, result.rolls());
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }
}
