package org.ghosthost.simulate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.ghosthost.metrics.DeadlineSummary;
import org.ghosthost.metrics.LatencySummary;
import org.ghosthost.metrics.PhaseSummary;
import org.ghosthost.metrics.TaskSummary;
import org.ghosthost.policy.TransactionState;

/** A result as JSON for programs: names in snake_case, units in the names. */
final class ResultJson {
    private ResultJson() {
    }

    /** Writes one object and a line end; the stream stays open. */
    static void write(SimulationResult result, OutputStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            head(json, result);
            transactions(json, result.transactions());
            TaskSummary total = result.run().total();
            latencies(json, total);
            deadlines(json, total.deadlines(), result.run().phases());
            json.writeNumberField("switches", total.switches());
            json.writeNumberField("migrations", total.migrations());
            rolls(json, result.rolls());
            json.writeNumberField("bytes_allocated_per_decision", result.bytesPerDecision());
            tasks(json, result.run().tasks());
            remarks(json, result.remarks());
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    static void rolls(JsonGenerator json, List<RollResult> rolls) throws IOException {
        json.writeArrayFieldStart("rolls");
        for (RollResult roll : rolls) {
            json.writeStartObject();
            json.writeNumberField("at_ns", roll.atNs());
            json.writeStringField("from", roll.from());
            json.writeStringField("to", roll.to());
            json.writeStringField("outcome", roll.outcome());
            json.writeStringField("reason", roll.reason());
            json.writeNumberField("blackout_ns", roll.blackoutNs());
            json.writeNumberField("tasks_before", roll.tasksBefore());
            json.writeNumberField("tasks_after", roll.tasksAfter());
            json.writeNumberField("generation", roll.generation());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void phases(JsonGenerator json, String name, List<PhaseSummary> phases) throws IOException {
        json.writeArrayFieldStart(name);
        for (PhaseSummary phase : phases) {
            json.writeStartObject();
            json.writeStringField("policy", phase.name());
            json.writeNumberField("from_ns", phase.fromNs());
            json.writeNumberField("to_ns", phase.toNs());
            json.writeNumberField("due", phase.deadlines().due());
            json.writeNumberField("missed", phase.deadlines().missed());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void head(JsonGenerator json, SimulationResult result) throws IOException {
        json.writeStringField("workload", result.workload());
        json.writeStringField("policy", result.policy());
        json.writeNumberField("cpus", result.cpus());
        json.writeNumberField("seed", result.seed());
        json.writeNumberField("duration_ns", result.run().endNs());
        json.writeStringField("trace_hash", result.hash());
        json.writeNumberField("events", result.events());
        json.writeNumberField("wall_ns", result.wallNs());
        json.writeObjectFieldStart("tasks");
        json.writeNumberField("created", result.run().created());
        json.writeNumberField("exited", result.run().exited());
        json.writeNumberField("live", result.live());
        json.writeNumberField("lost", result.lost());
        json.writeEndObject();
        json.writeNumberField("messages", result.messages());
    }

    private static void transactions(JsonGenerator json, Map<TransactionState, Long> transactions) throws IOException {
        json.writeObjectFieldStart("transactions");
        for (TransactionState state : TransactionState.values()) {
            json.writeNumberField(state.name(), transactions.getOrDefault(state, 0L));
        }
        json.writeEndObject();
    }

    private static void latencies(JsonGenerator json, TaskSummary task) throws IOException {
        json.writeObjectFieldStart("latency_ns");
        latency(json, "wakeup", task.wakeup());
        latency(json, "run_delay", task.runDelay());
        latency(json, "turnaround", task.turnaround());
        json.writeEndObject();
    }

    private static void latency(JsonGenerator json, String name, LatencySummary latency) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("count", latency.count());
        json.writeNumberField("mean", latency.meanNs());
        percentile(json, "p50", latency.p50Ns());
        percentile(json, "p99", latency.p99Ns());
        percentile(json, "p99.9", latency.p999Ns());
        json.writeNumberField("max", latency.maxNs());
        json.writeEndObject();
    }

    private static void percentile(JsonGenerator json, String name, long ns) throws IOException {
        if (ns == LatencySummary.UNKNOWN) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, ns);
        }
    }

    private static void deadlines(JsonGenerator json, DeadlineSummary deadlines, List<PhaseSummary> phases)
            throws IOException {
        json.writeObjectFieldStart("deadlines");
        json.writeNumberField("due", deadlines.due());
        json.writeNumberField("missed", deadlines.missed());
        phases(json, "phases", phases);
        json.writeEndObject();
    }

    private static void tasks(JsonGenerator json, List<TaskSummary> tasks) throws IOException {
        json.writeArrayFieldStart("per_task");
        for (int id = 0; id < tasks.size(); id++) {
            TaskSummary task = tasks.get(id);
            json.writeStartObject();
            json.writeNumberField("id", id);
            json.writeStringField("name", task.name());
            json.writeNumberField("cpu_ns", task.cpuNs());
            json.writeNumberField("switches", task.switches());
            json.writeNumberField("migrations", task.migrations());
            latencies(json, task);
            json.writeNumberField("due", task.deadlines().due());
            json.writeNumberField("missed", task.deadlines().missed());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void remarks(JsonGenerator json, List<String> remarks) throws IOException {
        json.writeArrayFieldStart("remarks");
        for (String remark : remarks) {
            json.writeString(remark);
        }
        json.writeEndArray();
    }
}
