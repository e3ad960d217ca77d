package org.ghosthost.simulate;

import static org.ghosthost.simulate.CommandLines.flag;
import static org.ghosthost.simulate.CommandLines.value;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.OptionGroup;
import org.apache.commons.cli.Options;
import org.ghosthost.policy.Durations;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * What {@code simulate} is asked to do.
 *
 * @param machine the machine
 * @param policy the first policy, as it was named; null = the built-in FIFO
 * @param workload the workload's file or a generator's text
 * @param durationNs how long to run, ns of virtual time; null = as the workload says
 * @param seed the seed of everything that is random
 * @param rolls what to roll, in the order of time
 * @param config configuration of the policies
 * @param json file for the result, {@code -} for the output, or null
 * @param trace file for the trace, or null
 * @param schedExt whether the machine behaves as sched_ext does
 * @param costs changes to the table of costs, by name
 * @param check whether the machine checks its invariants after each event
 * @param allTasks whether the table shows each task
 */
record SimulateOptions(Topology machine, @Nullable String policy, String workload, @Nullable Long durationNs,
        long seed, List<RollPlan> rolls, Map<String, String> config, @Nullable String json, @Nullable String trace,
        boolean schedExt, Map<String, String> costs, boolean check, boolean allTasks) {

    static final String DEFAULT_CPUS = "8";

    /** More rolls than any session needs. */
    static final int MAX_ROLLS = 1000;

    /** Reads the arguments. */
    static SimulateOptions parse(List<String> arguments) {
        CommandLine line = CommandLines.parse(options(), arguments, "simulate");
        String workload = line.getOptionValue("workload");
        if (workload == null) {
            throw new SimulateException(
                    "name a workload: --workload FILE, or a generator such as spin:tasks=10,run=1ms");
        }
        return new SimulateOptions(machine(line), line.getOptionValue("policy"), workload, duration(line),
                CommandLines.seed(line), rolls(line), pairs(line, "config"), line.getOptionValue("json"),
                line.getOptionValue("trace"), isSchedExt(line), pairs(line, "costs"), line.hasOption("check"),
                line.hasOption("all-tasks"));
    }

    static Options options() {
        OptionGroup machine = new OptionGroup();
        machine.addOption(value("cpus", "N", "number of CPUs of the machine (" + DEFAULT_CPUS + ")"));
        machine.addOption(value("machine", "DESC",
                "the machine, as 'sockets=2 cores=28 smt=2', or 'test' for ghOSt's test machine of 112 CPUs"));
        Options options = new Options();
        options.addOptionGroup(machine);
        options.addOption(value("policy", "JAR", "the first policy; without it the built-in FIFO schedules"));
        options.addOption(value("workload", "FILE",
                "an rt-app file, a recorded trace, or a generator such as spin:tasks=10,run=1ms"));
        options.addOption(value("duration", "TIME", "virtual time to run, as 500ms or 10s (as the workload says,"
                + " else 10s); ends when all tasks have exited"));
        options.addOption(value("seed", "N", "seed of everything that is random (1)"));
        options.addOption(value("roll", "TIME=JAR", "roll to this policy at this time; any number of times"));
        options.addOption(value("config", "KEY=VALUE", "configuration of the policy; any number of times"));
        options.addOption(value("json", "FILE",
                "write the result as JSON; '-' = to the output, in place of the tables"));
        options.addOption(value("trace", "FILE", "write a trace for ui.perfetto.dev"));
        options.addOption(value("profile", "NAME",
                "sim, or sched_ext: outcomes come late, tasks run or stop by themselves"));
        options.addOption(value("costs", "NAME=NS",
                "change the cost of an operation of the machine; any number of times"));
        options.addOption(flag("check", "check the machine's invariants after each event (slow)"));
        options.addOption(flag("all-tasks", "show each task in the table"));
        return options;
    }

    private static Topology machine(CommandLine line) {
        String cpus = line.getOptionValue("cpus");
        if (cpus != null && !cpus.matches("[0-9]{1,4}")) {
            throw new SimulateException("--cpus '" + cpus + "' is not a number of CPUs, 1 to 1024");
        }
        String description = line.getOptionValue("machine", cpus == null ? DEFAULT_CPUS : cpus);
        try {
            return Topology.parse(description);
        } catch (IllegalArgumentException e) {
            throw new SimulateException((cpus == null ? "--machine: " : "--cpus: ") + e.getMessage(), e);
        }
    }

    private static @Nullable Long duration(CommandLine line) {
        String text = line.getOptionValue("duration");
        return text == null ? null : time("--duration", text);
    }

    private static long time(String where, String text) {
        long ns;
        try {
            ns = Durations.parseNs(text);
        } catch (IllegalArgumentException e) {
            throw new SimulateException(where + ": " + e.getMessage(), e);
        }
        if (ns <= 0 || ns == Long.MAX_VALUE) {
            throw new SimulateException(where + " must be more than 0 and have an end: '" + text + "'");
        }
        return ns;
    }

    private static List<RollPlan> rolls(CommandLine line) {
        List<RollPlan> rolls = new ArrayList<>();
        for (String text : values(line, "roll")) {
            int equals = text.indexOf('=');
            if (equals <= 0 || equals == text.length() - 1) {
                throw new SimulateException("--roll '" + text + "' is not TIME=JAR, as in 2s=policy-edf-1.1.0.jar");
            }
            rolls.add(new RollPlan(time("--roll", text.substring(0, equals)), text.substring(equals + 1)));
        }
        if (rolls.size() > MAX_ROLLS) {
            throw new SimulateException(rolls.size() + " rolls are more than the " + MAX_ROLLS
                    + " that fit into a run");
        }
        rolls.sort(Comparator.comparingLong(RollPlan::atNs));
        for (int i = 1; i < rolls.size(); i++) {
            if (rolls.get(i).atNs() == rolls.get(i - 1).atNs()) {
                throw new SimulateException("two rolls at " + Durations.toString(rolls.get(i).atNs())
                        + "; give each its own time");
            }
        }
        return List.copyOf(rolls);
    }

    private static Map<String, String> pairs(CommandLine line, String option) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String text : values(line, option)) {
            int equals = text.indexOf('=');
            if (equals <= 0) {
                throw new SimulateException("--" + option + " '" + text + "' is not NAME=VALUE");
            }
            if (pairs.put(text.substring(0, equals), text.substring(equals + 1)) != null) {
                throw new SimulateException("--" + option + " sets '" + text.substring(0, equals)
                        + "' twice; set it once");
            }
        }
        return pairs;
    }

    private static List<String> values(CommandLine line, String option) {
        String[] values = line.getOptionValues(option);
        return values == null ? List.of() : List.of(values);
    }

    private static boolean isSchedExt(CommandLine line) {
        String profile = line.getOptionValue("profile", "sim");
        return switch (profile) {
            case "sim" -> false;
            case "sched_ext" -> true;
            default -> throw new SimulateException("unknown profile '" + profile + "': use sim or sched_ext");
        };
    }
}
