package org.ghosthost.simulate;

import java.util.List;
import org.ghosthost.metrics.DeadlineSummary;
import org.ghosthost.metrics.PhaseSummary;

/** What happened in the demo, for people. */
final class DemoStory {
    /** What the releases are, in the order in which they come. */
    private static final List<String> RELEASES = List.of("which preempts between QoS levels only",
            "which also preempts by deadline", "which throws");

    private final SimulationResult result;
    private final StringBuilder text = new StringBuilder();

    private DemoStory(SimulationResult result) {
        this.result = result;
    }

    static String of(SimulationResult result) {
        return new DemoStory(result).tell();
    }

    private String tell() {
        line(result.run().created() + " tasks with deadlines (" + result.workload() + ") on " + result.cpus()
                + " simulated CPUs, in one enclave:");
        line("");
        event(0, result.policy() + " leads, " + RELEASES.getFirst() + ".");
        for (int i = 0; i < result.rolls().size(); i++) {
            roll(result.rolls().get(i), i + 1 < RELEASES.size() ? RELEASES.get(i + 1) : "the next one");
        }
        event(result.run().endNs(), "The end: " + result.live() + " tasks live, " + result.run().exited() + " exited, "
                + result.lost() + " lost.");
        line("");
        text.append(phases());
        line("");
        line(result.events() + " events in " + Units.time(result.wallNs()) + "; each run with seed " + result.seed()
                + " has the trace hash " + result.hash() + ".");
        return text.toString();
    }

    private void roll(RollResult roll, String release) {
        event(roll.atNs(), roll.to() + " is installed, " + release + "; everything runs on meanwhile:");
        detail(roll.outcome() + ", blackout " + Units.time(roll.blackoutNs()) + ", tasks before and after: "
                + roll.tasksBefore() + " = " + roll.tasksAfter() + ".");
        if (!roll.reason().isEmpty()) {
            detail("The enclave goes on under " + roll.from() + ". Why: " + roll.reason());
        }
    }

    private String phases() {
        TextTable table = new TextTable().row("deadlines under", "from", "to", "due", "missed", "");
        for (PhaseSummary phase : result.run().phases()) {
            DeadlineSummary deadlines = phase.deadlines();
            table.row("  " + phase.name(), Units.time(phase.fromNs()), Units.time(phase.toNs()),
                    Long.toString(deadlines.due()), Long.toString(deadlines.missed()),
                    deadlines.due() == 0 ? "" : Units.percent(deadlines.missedShare()));
        }
        return table.toString();
    }

    private void event(long atNs, String what) {
        line(String.format("%5s  %s", atNs == 0 ? "0s" : Units.time(atNs), what));
    }

    private void detail(String what) {
        line("       " + what);
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
