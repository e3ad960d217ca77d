package org.ghosthost.simulate;

import org.ghosthost.metrics.DeadlineSummary;
import org.ghosthost.metrics.PhaseSummary;
import org.ghosthost.policy.Durations;

/** What happened in the demo, for people. */
final class DemoStory {
    private final SimulationResult result;
    private final StringBuilder text = new StringBuilder();

    private DemoStory(SimulationResult result) {
        this.result = result;
    }

    static String of(SimulationResult result) {
        return new DemoStory(result).tell();
    }

    private String tell() {
        line(result.workload() + ": " + result.run().created() + " tasks with deadlines on " + result.cpus()
                + " simulated CPUs, one enclave");
        line("");
        event(0, result.policy() + " leads");
        for (RollResult roll : result.rolls()) {
            roll(roll);
        }
        event(result.run().endNs(), "the end: " + result.live() + " tasks live, " + result.run().exited() + " exited, "
                + result.lost() + " lost");
        line("");
        text.append(phases());
        line("");
        line(result.events() + " events in " + Units.time(result.wallNs())
                + "; the same seed gives the same trace hash: " + result.hash());
        return text.toString();
    }

    private void roll(RollResult roll) {
        event(roll.atNs(), roll.to() + " is installed while everything runs: " + roll.outcome());
        detail("blackout " + Units.time(roll.blackoutNs()) + ", tasks before and after: " + roll.tasksBefore() + " = "
                + roll.tasksAfter());
        if (!roll.reason().isEmpty()) {
            detail(roll.reason());
            detail("the enclave goes on under " + roll.from());
        }
    }

    private String phases() {
        TextTable table = new TextTable().row("policy", "from", "to", "deadlines", "missed", "");
        for (PhaseSummary phase : result.run().phases()) {
            DeadlineSummary deadlines = phase.deadlines();
            table.row(phase.name(), Durations.toString(phase.fromNs()), Durations.toString(phase.toNs()),
                    Long.toString(deadlines.due()), Long.toString(deadlines.missed()),
                    deadlines.due() == 0 ? "" : Units.percent(deadlines.missedShare()));
        }
        return table.toString();
    }

    private void event(long atNs, String what) {
        line(String.format("%5s  %s", Units.time(atNs), what));
    }

    private void detail(String what) {
        line("       " + what);
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
