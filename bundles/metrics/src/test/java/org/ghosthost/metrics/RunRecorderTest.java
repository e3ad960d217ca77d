package org.ghosthost.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class RunRecorderTest {

    private static final long NEVER = Long.MAX_VALUE;

    private final RunRecorder recorder = new RunRecorder("before");

    @Test
    void wakeUpLatencyCountsTheFirstWaitAndRunDelayEachWait() {
        recorder.taskCreated(0, "t");
        recorder.runnable(0, 100);
        recorder.onCpu(0, 0, 110);
        recorder.offCpu(0, true, 200);
        recorder.onCpu(0, 0, 230);
        recorder.offCpu(0, false, 300);
        recorder.runnable(0, 400);
        recorder.onCpu(0, 0, 430);
        recorder.offCpu(0, false, 500);

        TaskSummary task = recorder.summary(500).tasks().get(0);
        assertEquals(new LatencySummary(2, 20, 10, 30, 30, 30), task.wakeup());
        assertEquals(new LatencySummary(3, 23, 30, 30, 30, 30), task.runDelay());
        assertEquals(90 + 70 + 70, task.cpuNs());
    }

    @Test
    void aTaskThatNeverGetsACpuHasWaitedToTheEnd() {
        recorder.taskCreated(0, "starved");
        recorder.taskCreated(1, "asleep");
        recorder.runnable(0, 100);
        RunSummary run = recorder.summary(900);
        assertEquals(new LatencySummary(1, 800, 800, 800, 800, 800), run.tasks().get(0).wakeup());
        assertEquals(new LatencySummary(1, 800, 800, 800, 800, 800), run.tasks().get(0).runDelay());
        assertEquals(0, run.tasks().get(1).runDelay().count());
    }

    @Test
    void aTaskThatGoesToAnotherCpuHasMigrated() {
        recorder.taskCreated(0, "t");
        for (int cpu : new int[] {3, 3, 1, 3, 3}) {
            recorder.onCpu(0, cpu, 0);
            recorder.offCpu(0, true, 0);
        }
        TaskSummary task = recorder.summary(1).tasks().get(0);
        assertEquals(5, task.switches());
        assertEquals(2, task.migrations());
    }

    @Test
    void aJobThatEndsAfterItsDeadlineHasMissedItAndOneThatEndsAtItHasNot() {
        recorder.taskCreated(0, "t");
        recorder.jobStart(0, 100, 200, 100);
        recorder.jobEnd(0, 200);
        recorder.jobStart(0, 300, 400, 300);
        recorder.jobEnd(0, 401);
        recorder.jobStart(0, 500, NEVER, 500);
        recorder.jobEnd(0, 999);
        recorder.jobEnd(0, 1000);
        TaskSummary task = recorder.summary(1000).tasks().get(0);
        assertEquals(new DeadlineSummary(2, 1), task.deadlines());
        assertEquals(3, task.turnaround().count());
        assertEquals(499, task.turnaround().maxNs());
    }

    @Test
    void aJobThatNeverEndsHasMissedItsDeadlineOnceItIsOver() {
        recorder.taskCreated(0, "over");
        recorder.taskCreated(1, "still to come");
        recorder.jobStart(0, 0, 99, 0);
        recorder.jobStart(1, 0, 100, 0);
        RunSummary run = recorder.summary(100);
        assertEquals(new DeadlineSummary(1, 1), run.total().deadlines());
        assertEquals(new DeadlineSummary(0, 0), run.tasks().get(1).deadlines());
        assertEquals(0, run.total().turnaround().count());
    }

    @Test
    void aNewJobEndsTheOneBefore() {
        recorder.taskCreated(0, "t");
        recorder.jobStart(0, 0, 50, 0);
        recorder.jobStart(0, 60, 160, 60);
        recorder.jobEnd(0, 100);
        assertEquals(new DeadlineSummary(2, 1), recorder.summary(100).total().deadlines());
    }

    @Test
    void aDeadlineBelongsToThePhaseInWhichItLies() {
        recorder.taskCreated(0, "t");
        recorder.jobStart(0, 0, 900, 0);
        recorder.phase("after", 1_000);
        recorder.jobEnd(0, 1_100);
        recorder.jobStart(0, 1_100, 1_500, 1_100);
        recorder.jobEnd(0, 1_400);
        recorder.phase("last", 2_000);
        RunSummary run = recorder.summary(3_000);
        assertEquals(new PhaseSummary("before", 0, 1_000, new DeadlineSummary(1, 1)), run.phases().get(0));
        assertEquals(new PhaseSummary("after", 1_000, 2_000, new DeadlineSummary(1, 0)), run.phases().get(1));
        assertEquals(new PhaseSummary("last", 2_000, 3_000, new DeadlineSummary(0, 0)), run.phases().get(2));
    }

    @Test
    void percentilesFollowTheDistribution() {
        recorder.taskCreated(0, "t");
        for (int i = 1; i <= 1_000; i++) {
            recorder.runnable(0, 0);
            recorder.onCpu(0, 0, i * 1_000L);
            recorder.offCpu(0, false, i * 1_000L);
        }
        RunSummary run = recorder.summary(1);
        near(500_000, run.total().wakeup().p50Ns(), 0.001);
        near(990_000, run.total().wakeup().p99Ns(), 0.001);
        near(999_000, run.total().wakeup().p999Ns(), 0.001);
        assertEquals(1_000_000, run.total().wakeup().maxNs());
        assertEquals(500_500, run.total().wakeup().meanNs());
        near(990_000, run.tasks().get(0).wakeup().p99Ns(), 0.01);
    }

    @Test
    void tasksBeyondTheLimitKeepCountersAndSaySo() {
        for (int task = 0; task <= RunRecorder.HISTOGRAM_TASKS; task++) {
            recorder.taskCreated(task, "t");
        }
        recorder.runnable(RunRecorder.HISTOGRAM_TASKS, 0);
        recorder.onCpu(RunRecorder.HISTOGRAM_TASKS, 0, 40);
        LatencySummary wakeup = recorder.summary(50).tasks().get(RunRecorder.HISTOGRAM_TASKS).wakeup();
        long unknown = LatencySummary.UNKNOWN;
        assertEquals(new LatencySummary(1, 40, unknown, unknown, unknown, 40), wakeup);
    }

    @Test
    void veryLongAndImpossibleTimesDoNotStopTheRecording() {
        recorder.taskCreated(0, "t");
        recorder.runnable(0, 0);
        recorder.onCpu(0, 0, 100 * Latency.HIGHEST_NS);
        recorder.jobStart(0, 500, NEVER, 0);
        recorder.jobEnd(0, 400);
        TaskSummary total = recorder.summary(1).total();
        assertEquals(100 * Latency.HIGHEST_NS, total.wakeup().maxNs());
        assertEquals(0, total.turnaround().maxNs());
    }

    @Test
    void anExitedTaskDoesNotRunOn() {
        recorder.taskCreated(0, "t");
        recorder.runnable(0, 0);
        recorder.onCpu(0, 0, 10);
        recorder.taskExited(0, 30);
        RunSummary run = recorder.summary(1_000);
        assertEquals(1, run.exited());
        assertEquals(20, run.tasks().get(0).cpuNs());
    }

    @Test
    void aTaskOutOfTurnIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> recorder.taskCreated(1, "t"));
    }

    @Test
    void recordingAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int task = 0; task < 2 * RunRecorder.HISTOGRAM_TASKS; task++) {
            recorder.taskCreated(task, "t");
        }
        recordMany(0);
        long before = threads.getCurrentThreadAllocatedBytes();
        recordMany(1_000_000_000);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(bytes < 1_000, bytes + " bytes allocated");
    }

    private void recordMany(long fromNs) {
        for (int i = 0; i < 20_000; i++) {
            int task = i % (2 * RunRecorder.HISTOGRAM_TASKS);
            long now = fromNs + i * 1_000L;
            recorder.runnable(task, now);
            recorder.jobStart(task, now, now + 500, now);
            recorder.onCpu(task, i & 7, now + i % 300);
            recorder.jobEnd(task, now + 600);
            recorder.offCpu(task, false, now + 600);
        }
    }

    private static void near(long expected, long actual, double share) {
        assertTrue(Math.abs(actual - expected) <= expected * share, "expected about " + expected + ": " + actual);
    }
}
