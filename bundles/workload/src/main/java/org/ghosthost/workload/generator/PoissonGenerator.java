package org.ghosthost.workload.generator;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.ghosthost.workload.Workload;
import org.jspecify.annotations.Nullable;

/**
 * Requests that arrive as a Poisson process and are served by workers:
 * {@code poisson:rate=100000,mix=0.995x10us+0.005x5ms,workers=200}.
 *
 * <p>{@code rate} (1000 a second), {@code mix} (10us), {@code workers} (100), {@code deadline} (100us after the
 * arrival), {@code qos} (2), {@code requests} (no end), {@code wait}, {@code dispatcher} (CPUs of the dispatcher),
 * {@code class}, {@code cpus}, {@code duration}. Each request is a job, released when it arrives.
 *
 * <p>{@code wait=sleep}, the default: a free worker takes the next arrival and sleeps until its time, as if its own
 * network card woke it; no dispatcher is needed. {@code wait=block}: a dispatcher of the fair class wakes free
 * workers. {@code wait=spin}: free workers mark themselves idle in the PrioTable and spin, and the dispatcher marks
 * them runnable; only a policy that reads the table takes their CPUs away.
 */
final class PoissonGenerator {
    private static final List<String> KNOWN = List.of("rate", "mix", "workers", "deadline", "qos", "requests", "wait",
            "dispatcher", "class", "cpus", "duration");
    private static final double MAX_RATE = 100_000_000;

    private PoissonGenerator() {
    }

    static Workload parse(final String text) {
        final Parameters parameters = Parameters.parse(text, KNOWN);
        final double rate = parameters.number("rate", 0.001, MAX_RATE, 1_000);
        final ServiceMix mix = ServiceMix.parse(parameters, "mix", "10us");
        final int workers = (int) parameters.whole("workers", 1, Generators.MAX_TASKS, 100);
        final long deadlineNs = parameters.durationNs("deadline", 1, 100_000);
        final int qos = (int) parameters.whole("qos", 0, 1_000_000, 2);
        final long limit = parameters.whole("requests", 1, Long.MAX_VALUE, Long.MAX_VALUE);
        final Wait wait = wait(parameters);
        final SchedulingClass schedulingClass = parameters.schedulingClass();
        final @Nullable CpuSet cpus = parameters.cpus("cpus");
        final @Nullable CpuSet dispatcherCpus = parameters.cpus("dispatcher");
        if (dispatcherCpus != null && wait == Wait.SLEEP) {
            throw parameters.error("only wait=block and wait=spin have a dispatcher; remove it or choose one of them");
        }
        final ProcessSpec process =
                new ProcessSpec("poisson", List.of(WorkClass.oneShot(qos, mix.meanNs())), workers);
        return new GeneratedWorkload(text, parameters.durationNs("duration", 1, Workload.NO_DURATION), process,
                union(cpus, dispatcherCpus), seed -> {
                    // The text is part of the seed: two such workloads on one machine are independent.
                    final long ownSeed = seed ^ (long) text.hashCode() << 32;
                    final Requests requests = new Requests(ownSeed, mix, rate, limit, deadlineNs, workers);
                    final List<TaskSpec> tasks = new ArrayList<>(workers + 1);
                    if (wait != Wait.SLEEP) {
                        tasks.add(new TaskSpec("dispatcher", 0, SchedulingClass.FAIR, 0, dispatcherCpus, 0, null,
                                new Dispatcher(requests)));
                    }
                    for (int i = 0; i < workers; i++) {
                        final TaskProgram program = wait == Wait.SLEEP ? new SleepingWorker(requests)
                                : new DispatchedWorker(requests, wait == Wait.SPIN);
                        tasks.add(new TaskSpec("worker-" + i, 0, schedulingClass, 0, cpus, 0,
                                new PrioHint(0, true, TaskContext.NO_DEADLINE), program));
                    }
                    return tasks;
                });
    }

    private enum Wait { SLEEP, BLOCK, SPIN }

    private static Wait wait(final Parameters parameters) {
        final String wait = parameters.find("wait");
        if (wait == null || wait.equals("sleep")) {
            return Wait.SLEEP;
        }
        return switch (wait) {
            case "block" -> Wait.BLOCK;
            case "spin" -> Wait.SPIN;
            default -> throw parameters.error("wait must be sleep, block or spin, not " + quote(wait));
        };
    }

    private static @Nullable CpuSet union(final @Nullable CpuSet left, final @Nullable CpuSet right) {
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        final CpuSet both = left.copy();
        both.addAll(right);
        return both;
    }
}
