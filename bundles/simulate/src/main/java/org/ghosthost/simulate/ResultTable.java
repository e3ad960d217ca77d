package org.ghosthost.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ghosthost.metrics.LatencySummary;
import org.ghosthost.metrics.TaskSummary;
import org.ghosthost.policy.Durations;
import org.ghosthost.policy.TransactionState;

/** A result as text for people. */
final class ResultTable {
    /** How many tasks are shown when not all are asked for. */
    static final int SHOWN_TASKS = 20;

    private static final int MAX_NAME_CHARS = 20;
    private static final int CELLS_PER_LATENCY = 4;
    private static final int FIRST_LATENCY = 4;

    private ResultTable() {
    }

    static String of(SimulationResult result, boolean allTasks) {
        StringBuilder text = new StringBuilder();
        text.append(result.title()).append('\n');
        result.remarks().forEach(remark -> text.append("note: ").append(remark).append('\n'));
        text.append('\n').append(facts(result));
        if (!result.rolls().isEmpty()) {
            text.append('\n').append(rolls(result.rolls()));
        }
        return text.append('\n').append(tasks(result, allTasks)).toString();
    }

    private static String facts(SimulationResult result) {
        double seconds = Math.max(result.wallNs(), 1) / 1e9;
        return facts(List.of(
                new String[] {"time", Units.time(result.run().endNs()) + " simulated in "
                        + Units.time(result.wallNs())},
                new String[] {"events", result.events() + " (" + Units.count(result.events() / seconds)
                        + "/s), trace hash " + result.hash()},
                new String[] {"tasks", result.run().created() + " created, " + result.run().exited() + " exited, "
                        + result.live() + " live, " + result.lost() + " lost"},
                new String[] {"messages", Long.toString(result.messages())},
                new String[] {"transactions", transactions(result.transactions())}));
    }

    private static String facts(List<String[]> facts) {
        StringBuilder text = new StringBuilder();
        for (String[] fact : facts) {
            text.append(fact[0]).append(" ".repeat(14 - fact[0].length())).append(fact[1]).append('\n');
        }
        return text.toString();
    }

    private static String transactions(Map<TransactionState, Long> transactions) {
        List<String> parts = new ArrayList<>();
        transactions.forEach((state, count) -> {
            if (count != 0) {
                parts.add(count + " " + state);
            }
        });
        return parts.isEmpty() ? "0" : String.join(", ", parts);
    }

    private static String rolls(List<RollResult> rolls) {
        TextTable table = new TextTable().row("roll", "from", "to", "outcome", "blackout", "tasks");
        for (RollResult roll : rolls) {
            table.row(Durations.toString(roll.atNs()), roll.from(), roll.to(), roll.outcome(),
                    Units.time(roll.blackoutNs()), roll.tasksBefore() + " -> " + roll.tasksAfter());
        }
        StringBuilder text = new StringBuilder(table.toString());
        for (RollResult roll : rolls) {
            if (!roll.reason().isEmpty()) {
                text.append("  at ").append(Durations.toString(roll.atNs())).append(": ").append(roll.reason())
                        .append('\n');
            }
        }
        return text.toString();
    }

    private static String tasks(SimulationResult result, boolean allTasks) {
        List<TaskSummary> tasks = result.run().tasks();
        int shown = allTasks ? tasks.size() : Math.min(tasks.size(), SHOWN_TASKS);
        TextTable table = new TextTable().row("task", "cpu", "switch", "migr", "p50", "p99", "p99.9", "max",
                "p50", "p99", "p99.9", "max", "p50", "p99", "p99.9", "max", "due", "missed");
        for (TaskSummary task : tasks.subList(0, shown)) {
            table.row(cells(task));
        }
        table.row(cells(result.run().total()));
        StringBuilder text = new StringBuilder(groups(table)).append(table);
        if (shown < tasks.size()) {
            text.append(tasks.size() - shown).append(" more tasks; --all-tasks shows them\n");
        }
        return text.toString();
    }

    private static String groups(TextTable table) {
        String[] names = {"wake-up", "run delay", "turnaround"};
        StringBuilder line = new StringBuilder(" ".repeat(table.width(0, FIRST_LATENCY - 1)));
        for (int i = 0; i < names.length; i++) {
            int from = FIRST_LATENCY + i * CELLS_PER_LATENCY;
            line.append(group(names[i], table.width(from, from + CELLS_PER_LATENCY - 1)));
        }
        int from = FIRST_LATENCY + names.length * CELLS_PER_LATENCY;
        return line.append(group("deadlines", table.width(from, from + 1))).toString().stripTrailing() + '\n';
    }

    private static String group(String name, int width) {
        int dashes = Math.max(0, width - name.length() - 2);
        return "  " + "-".repeat(dashes / 2) + " " + name + " " + "-".repeat(dashes - dashes / 2);
    }

    private static String[] cells(TaskSummary task) {
        List<String> cells = new ArrayList<>();
        String name = task.name();
        cells.add(name.length() <= MAX_NAME_CHARS ? name : name.substring(0, MAX_NAME_CHARS - 1) + "~");
        cells.add(Units.time(task.cpuNs()));
        cells.add(Long.toString(task.switches()));
        cells.add(Long.toString(task.migrations()));
        for (LatencySummary latency : List.of(task.wakeup(), task.runDelay(), task.turnaround())) {
            boolean none = latency.count() == 0;
            cells.add(none ? "-" : Units.time(latency.p50Ns()));
            cells.add(none ? "-" : Units.time(latency.p99Ns()));
            cells.add(none ? "-" : Units.time(latency.p999Ns()));
            cells.add(none ? "-" : Units.time(latency.maxNs()));
        }
        cells.add(Long.toString(task.deadlines().due()));
        cells.add(Long.toString(task.deadlines().missed()));
        return cells.toArray(String[]::new);
    }
}
