package org.ghosthost.workload.generator;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that run for a time and sleep for a time: {@code spin:tasks=100,run=2ms,sleep=1ms}.
 *
 * <p>{@code tasks} (1), {@code run} (1ms), {@code sleep} (0: never), {@code loops} (for ever), {@code spread} (0: all
 * tasks start at once, else evenly over this time), {@code class} (ghost, fair, rt), {@code nice} (0), {@code cpus}
 * (all), {@code duration} (none).
 */
final class SpinGenerator {
    private static final List<String> KNOWN =
            List.of("tasks", "run", "sleep", "loops", "spread", "class", "nice", "cpus", "duration");

    private SpinGenerator() {
    }

    static Workload parse(final String text) {
        final Parameters parameters = Parameters.parse(text, KNOWN);
        final int tasks = (int) parameters.whole("tasks", 1, Generators.MAX_TASKS, 1);
        final long runNs = parameters.durationNs("run", 1, 1_000_000);
        final long sleepNs = parameters.durationNs("sleep", 0, 0);
        final long spreadNs = parameters.durationNs("spread", 0, 0);
        final long loops = parameters.whole("loops", 1, Long.MAX_VALUE, Long.MAX_VALUE);
        final int nice = (int) parameters.whole("nice", -20, 19, 0);
        final SchedulingClass schedulingClass = parameters.schedulingClass();
        final @Nullable CpuSet cpus = parameters.cpus("cpus");
        return new GeneratedWorkload(text, parameters.durationNs("duration", 1, Workload.NO_DURATION),
                ProcessSpec.plain("spin"), cpus, seed -> {
                    final List<TaskSpec> specs = new ArrayList<>(tasks);
                    for (int i = 0; i < tasks; i++) {
                        final long startNs = (long) ((double) spreadNs * i / tasks);
                        specs.add(new TaskSpec("spin-" + i, 0, schedulingClass, nice, cpus, startNs, null,
                                new Spinner(runNs, sleepNs, loops)));
                    }
                    return specs;
                });
    }

    private static final class Spinner implements TaskProgram {
        private final long runNs;
        private final long sleepNs;
        private long loopsLeft;
        private boolean ran;

        Spinner(final long runNs, final long sleepNs, final long loops) {
            this.runNs = runNs;
            this.sleepNs = sleepNs;
            this.loopsLeft = loops;
        }

        @Override
        public Step next(final TaskContext task) {
            if (ran && sleepNs > 0) {
                ran = false;
                return task.sleep(sleepNs);
            } else if (loopsLeft == 0) {
                return task.exit();
            }
            loopsLeft--;
            ran = true;
            return task.run(runNs);
        }
    }
}
