package org.ghosthost.workload.generator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.ghosthost.workload.Workload;
import org.jspecify.annotations.Nullable;

/**
 * Periodic tasks with deadlines: {@code periodic:tasks=100,utilisation=6.5,seed=1}.
 *
 * <p>{@code tasks} (10), {@code utilisation} (1, of all tasks together, in CPUs), {@code period} (10ms-100ms, drawn
 * log-uniformly), {@code deadline} (1, as a part of the period), {@code qos} (1), {@code seed} (1), {@code offsets}
 * (random within the first period, or zero), {@code class}, {@code cpus}, {@code duration}.
 *
 * <p>The text alone decides the task set; the seed of a run does not change it. Utilisations are drawn by
 * UUniFast-Discard (Bini and Buttazzo 2005; Davis and Burns 2009), which is uniform over all sets of that sum with no
 * task above one CPU.
 */
final class PeriodicGenerator {
    private static final List<String> KNOWN = List.of("tasks", "utilisation", "period", "deadline", "qos", "seed",
            "offsets", "class", "cpus", "duration");
    private static final int MAX_DRAWS = 1_000;

    /** How many shares are drawn at most, in all draws together. */
    private static final int MAX_SHARES = 2_000_000;
    private static final long MIN_RUN_NS = 100;

    private record Task(long periodNs, long runNs, long deadlineNs, long offsetNs, int workClass) {
    }

    private PeriodicGenerator() {
    }

    static Workload parse(final String text) {
        final Parameters parameters = Parameters.parse(text, KNOWN);
        final Map<WorkClass, Integer> workClasses = new LinkedHashMap<>();
        final List<Task> tasks = draw(parameters, workClasses);
        final SchedulingClass schedulingClass = parameters.schedulingClass();
        final @Nullable CpuSet cpus = parameters.cpus("cpus");
        final ProcessSpec process =
                new ProcessSpec("periodic", new ArrayList<>(workClasses.keySet()), tasks.size());
        return new GeneratedWorkload(text, parameters.durationNs("duration", 1, Workload.NO_DURATION), process, cpus,
                seed -> {
                    final List<TaskSpec> specs = new ArrayList<>(tasks.size());
                    for (final Task task : tasks) {
                        specs.add(new TaskSpec("periodic-" + specs.size(), 0, schedulingClass, 0, cpus, task.offsetNs(),
                                new PrioHint(task.workClass(), true, task.deadlineNs()), new Periodic(task)));
                    }
                    return specs;
                });
    }

    private static List<Task> draw(final Parameters parameters, final Map<WorkClass, Integer> workClasses) {
        final int count = (int) parameters.whole("tasks", 1, Generators.MAX_TASKS, 10);
        final double utilisation = parameters.number("utilisation", 0.000001, count, Math.min(1, count));
        final double deadline = parameters.number("deadline", 0.001, 1_000, 1);
        final int qos = (int) parameters.whole("qos", 0, 1_000_000, 1);
        final boolean zeroOffsets = zeroOffsets(parameters);
        final long[] periods = periods(parameters);
        final SplittableRandom random = new SplittableRandom(parameters.whole("seed", 0, Long.MAX_VALUE, 1));
        final double[] shares = shares(parameters, count, utilisation, random);
        final List<Task> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            // StrictMath: the same bits from every compiler.
            final double ratio = StrictMath.log((double) periods[1] / periods[0]);
            final long periodNs = Math.round(periods[0] * StrictMath.exp(random.nextDouble() * ratio));
            final long runNs = Math.max(MIN_RUN_NS, Math.round(periodNs * shares[i]));
            final long deadlineNs = Math.max(1, Math.round(periodNs * deadline));
            final long randomOffsetNs = (long) (random.nextDouble() * periodNs);
            final WorkClass workClass = WorkClass.oneShot(qos, runNs);
            final Integer next = workClasses.size();
            final Integer known = workClasses.putIfAbsent(workClass, next);
            tasks.add(new Task(periodNs, runNs, deadlineNs, zeroOffsets ? 0 : randomOffsetNs,
                    known == null ? next : known));
        }
        return tasks;
    }

    private static boolean zeroOffsets(final Parameters parameters) {
        final String offsets = parameters.find("offsets");
        if (offsets == null || offsets.equals("random")) {
            return false;
        } else if (offsets.equals("zero")) {
            return true;
        }
        throw parameters.error("offsets must be random or zero, not \"" + offsets + "\"");
    }

    private static long[] periods(final Parameters parameters) {
        final String range = parameters.find("period");
        if (range == null) {
            return new long[] {10_000_000, 100_000_000};
        }
        final int dash = range.indexOf('-');
        final long shortestNs = parameters.durationNs("period", dash < 0 ? range : range.substring(0, dash), 1_000);
        final long longestNs =
                dash < 0 ? shortestNs : parameters.durationNs("period", range.substring(dash + 1), 1_000);
        if (longestNs < shortestNs) {
            throw parameters.error("period must be a range such as 10ms-100ms, shorter end first");
        }
        return new long[] {shortestNs, longestNs};
    }

    private static double[] shares(final Parameters parameters, final int count, final double utilisation,
            final SplittableRandom random) {
        final double[] shares = new double[count];
        final int draws = Math.clamp(MAX_SHARES / count, 10, MAX_DRAWS);
        for (int i = 0; i < draws; i++) {
            if (drawShares(shares, utilisation, random)) {
                return shares;
            }
        }
        throw parameters.error("no set of " + count + " tasks with this utilisation was found in " + draws
                + " draws; lower it or take more tasks");
    }

    private static boolean drawShares(final double[] shares, final double utilisation, final SplittableRandom random) {
        double sum = utilisation;
        boolean fits = true;
        for (int i = 1; i < shares.length; i++) {
            final double next = sum * StrictMath.pow(random.nextDouble(), 1.0 / (shares.length - i));
            shares[i - 1] = sum - next;
            fits &= shares[i - 1] <= 1;
            sum = next;
        }
        shares[shares.length - 1] = sum;
        return fits && sum <= 1;
    }

    /** Runs once a period; a late job does not move the ones after it. */
    private static final class Periodic implements TaskProgram {
        private final Task task;
        private long releaseNs = Long.MIN_VALUE;
        private boolean working;

        Periodic(final Task task) {
            this.task = task;
        }

        @Override
        public Step next(final TaskContext context) {
            if (releaseNs == Long.MIN_VALUE) {
                release(context, context.startedNs());
            } else if (working) {
                working = false;
                context.jobEnd();
                release(context, releaseNs + task.periodNs());
            }
            if (context.now() < releaseNs) {
                return context.sleepUntil(releaseNs);
            }
            working = true;
            return context.run(task.runNs());
        }

        private void release(final TaskContext context, final long timeNs) {
            releaseNs = timeNs;
            context.jobStart(timeNs, timeNs + task.deadlineNs());
            context.markRunnable(timeNs + task.deadlineNs());
        }
    }
}
