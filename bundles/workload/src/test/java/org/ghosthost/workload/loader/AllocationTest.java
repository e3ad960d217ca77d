package org.ghosthost.workload.loader;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of a program allocate nothing: they are asked for within the machine's inner loop. */
class AllocationTest {
    private static final String EXAMPLES = "../../distribution/src/main/examples/workloads/";
    private static final int STEPS = 200_000;

    @ParameterizedTest
    @ValueSource(strings = {EXAMPLES + "deadlines.json", EXAMPLES + "maven-build.trace.gz", "spin:run=1ms,sleep=1ms",
        "periodic:tasks=5,utilisation=2", "poisson:workers=5,mix=0.9x10us+0.1x1ms"})
    void stepsAllocateNothing(final String text) {
        final List<TaskSpec> warmUp = Workloads.parse(text).tasks(1);
        final List<TaskSpec> measured = Workloads.parse(text).tasks(1);
        final Context context = new Context();
        for (int i = 0; i < 5; i++) {
            follow(warmUp, context);
        }
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long before = threads.getCurrentThreadAllocatedBytes();
        final long steps = follow(measured, context);
        final long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(steps > 500, "steps " + steps);
        // Some hundred bytes are the measurement's own; forks of the trace are not followed.
        assertTrue(bytes < 4_000, bytes + " bytes in " + steps + " steps");
    }

    private static long follow(final List<TaskSpec> tasks, final Context context) {
        long steps = 0;
        for (int i = 0; i < tasks.size(); i++) {
            context.id = i;
            Step step = Step.RUN;
            for (int n = 0; n < STEPS / tasks.size() && step != Step.EXIT && step != Step.BLOCK; n++) {
                step = tasks.get(i).program().next(context);
                steps++;
            }
        }
        return steps;
    }

    /** Time passes as the steps say; nobody else is there. */
    private static final class Context implements TaskContext {
        private long nowNs = 1;
        private int id;

        @Override
        public long now() {
            return nowNs;
        }

        @Override
        public long startedNs() {
            return 1;
        }

        @Override
        public int id() {
            return id;
        }

        @Override
        public int cpu() {
            return 0;
        }

        @Override
        public Step run(final long ns) {
            nowNs += ns;
            return Step.RUN;
        }

        @Override
        public Step spin() {
            return Step.SPIN;
        }

        @Override
        public Step sleepUntil(final long timeNs) {
            nowNs = Math.max(nowNs, timeNs);
            return Step.SLEEP;
        }

        @Override
        public Step block() {
            return Step.BLOCK;
        }

        @Override
        public Step yield() {
            return Step.YIELD;
        }

        @Override
        public Step switchTo(final int taskId) {
            return Step.SWITCH_TO;
        }

        @Override
        public Step exit() {
            return Step.EXIT;
        }

        @Override
        public void wake(final int taskId) {
        }

        @Override
        public int fork(final TaskSpec child) {
            return 0;
        }

        @Override
        public void setNice(final int taskId, final int nice) {
        }

        @Override
        public void setAffinity(final int taskId, final CpuSet cpus) {
        }

        @Override
        public void setSchedulingClass(final SchedulingClass schedulingClass) {
        }

        @Override
        public void jobStart(final long releasedNs, final long deadlineNs) {
        }

        @Override
        public void jobEnd() {
        }

        @Override
        public void markRunnable(final int taskId, final long deadlineNs) {
        }

        @Override
        public void markIdle() {
        }

        @Override
        public void setWorkClass(final int workClass) {
        }
    }
}
