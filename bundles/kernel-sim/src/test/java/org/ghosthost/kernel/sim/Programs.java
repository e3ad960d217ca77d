package org.ghosthost.kernel.sim;

import java.util.function.Function;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;

/** Task programs for tests. */
final class Programs {
    private Programs() {}

    /** The steps in turn, then exit. */
    @SafeVarargs
    static TaskProgram steps(Function<TaskContext, Step>... steps) {
        return new TaskProgram() {
            private int next;

            @Override
            public Step next(TaskContext task) {
                return next < steps.length ? steps[next++].apply(task) : task.exit();
            }
        };
    }

    /** Runs and sleeps in turn, {@code times} times, then exits. */
    static TaskProgram periodic(long runNs, long sleepNs, int times) {
        return new TaskProgram() {
            private int step;

            @Override
            public Step next(TaskContext task) {
                if (step == 2 * times) {
                    return task.exit();
                }
                return step++ % 2 == 0 ? task.run(runNs) : task.sleep(sleepNs);
            }
        };
    }

    static TaskSpec ghost(String name, TaskProgram program) {
        return TaskSpec.of(name, program);
    }

    static TaskSpec of(SchedulingClass schedulingClass, String name, TaskProgram program) {
        return new TaskSpec(name, 0, schedulingClass, 0, null, 0, null, program);
    }
}
