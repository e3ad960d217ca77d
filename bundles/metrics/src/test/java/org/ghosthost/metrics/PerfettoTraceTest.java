package org.ghosthost.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.ghosthost.metrics.ReadTrace.Instant;
import org.ghosthost.metrics.ReadTrace.Slice;
import org.junit.jupiter.api.Test;

class PerfettoTraceTest {

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    @Test
    void everyCpuAndEveryTaskHasATrackThatShowsWhoRuns() {
        PerfettoTrace trace = new PerfettoTrace(file, 2);
        trace.taskCreated(0, "worker", 0);
        trace.taskCreated(1, "worker", 0);
        trace.runnable(0, 100);
        trace.onCpu(0, 1, 150);
        trace.offCpu(0, 1, true, 300);
        trace.onCpu(1, 1, 300);
        trace.offCpu(1, 1, false, 310);
        trace.onCpu(0, 0, 400);
        trace.deadlineMissed(0, 450);
        trace.offCpu(0, 0, false, 500);
        trace.taskExited(0, 500);
        trace.roll("edf 1.1.0 leads", "edf 1.0.0", "edf 1.1.0", 550);
        trace.finish(600);

        ReadTrace read = new ReadTrace(file.toByteArray());
        assertEquals(Set.of("Rolls", "CPUs", "Tasks", "CPU 0", "CPU 1", "worker #0", "worker #1"),
                read.slices.keySet());
        assertEquals("CPUs", read.parents.get("CPU 1"));
        assertEquals("Tasks", read.parents.get("worker #0"));
        assertEquals(List.of(new Slice("worker #0", 400, 500)), read.slices.get("CPU 0"));
        assertEquals(List.of(new Slice("worker #0", 150, 300), new Slice("worker #1", 300, 310)),
                read.slices.get("CPU 1"));
        assertEquals(List.of(new Slice("Blocked", 0, 100), new Slice("Runnable", 100, 150),
                new Slice("Running", 150, 300), new Slice("Runnable", 300, 400), new Slice("Running", 400, 500),
                new Slice("Blocked", 500, 500)), read.slices.get("worker #0"));
        assertEquals(new Slice("Blocked", 310, 600), read.slices.get("worker #1").getLast());
        assertEquals(List.of(new Instant("Deadline missed", 450)), read.instants.get("worker #0"));
        assertEquals(List.of(new Instant("edf 1.1.0 leads", 550)), read.instants.get("Rolls"));
        assertNull(trace.failure());
        assertEquals(file.size(), trace.writtenBytes());
    }

    @Test
    void anAgentIsShownOnItsCpu() {
        PerfettoTrace trace = new PerfettoTrace(file, 1);
        trace.taskCreated(0, "t", 0);
        trace.agentOnCpu(0, 10);
        trace.agentOffCpu(0, 20);
        trace.onCpu(0, 0, 20);
        trace.agentOffCpu(0, 30);
        trace.agentOffCpu(0, 40);
        trace.finish(50);
        ReadTrace read = new ReadTrace(file.toByteArray());
        assertEquals(List.of(new Slice("Agent", 10, 20), new Slice("t #0", 20, 30)), read.slices.get("CPU 0"));
    }

    @Test
    void slicesThatAreOpenAtTheEndAreClosed() {
        PerfettoTrace trace = new PerfettoTrace(file, 1);
        trace.taskCreated(0, "t", 5);
        trace.runnable(0, 5);
        trace.onCpu(0, 0, 6);
        trace.finish(9);
        ReadTrace read = new ReadTrace(file.toByteArray());
        assertEquals(List.of(new Slice("t #0", 6, 9)), read.slices.get("CPU 0"));
        assertEquals(new Slice("Running", 6, 9), read.slices.get("t #0").getLast());
    }

    @Test
    void longNamesAreCutAndForeignOnesKept() {
        PerfettoTrace trace = new PerfettoTrace(file, 1);
        trace.taskCreated(0, "\u540d".repeat(10_000), 0);
        trace.roll("x".repeat(9_000), "y".repeat(9_000), "z".repeat(9_000), 0);
        trace.finish(1);
        ReadTrace read = new ReadTrace(file.toByteArray());
        assertTrue(read.slices.containsKey("\u540d".repeat(PerfettoTrace.MAX_TEXT_CHARS) + " #0"));
    }

    @Test
    void aLongRandomRunIsReadBackWhole() {
        long seed = 7;
        Random random = new Random(seed);
        int cpus = 5;
        int tasks = 300;
        PerfettoTrace trace = new PerfettoTrace(file, cpus);
        int[] running = {-1, -1, -1, -1, -1};
        boolean[] busy = new boolean[tasks];
        for (int task = 0; task < tasks; task++) {
            trace.taskCreated(task, "task", task);
        }
        long now = 1_000;
        int begun = 0;
        for (int i = 0; i < 100_000; i++) {
            now += random.nextInt(3) * 1_000_000_007L;
            int cpu = random.nextInt(cpus);
            if (running[cpu] >= 0) {
                trace.offCpu(running[cpu], cpu, random.nextBoolean(), now);
                busy[running[cpu]] = false;
            }
            int task = random.nextInt(tasks);
            running[cpu] = busy[task] ? -1 : task;
            if (!busy[task]) {
                busy[task] = true;
                trace.onCpu(task, cpu, now);
                begun++;
            }
        }
        trace.finish(now);
        ReadTrace read = new ReadTrace(file.toByteArray());
        int shown = 0;
        for (int cpu = 0; cpu < cpus; cpu++) {
            shown += read.slices.get("CPU " + cpu).size();
        }
        assertEquals(begun, shown, "seed " + seed);
        assertTrue(file.size() < 160L * begun, "bytes " + file.size() + " for " + begun + " slices");
    }

    @Test
    void theSameCallsGiveTheSameBytes() {
        slicesThatAreOpenAtTheEndAreClosed();
        byte[] first = file.toByteArray();
        file.reset();
        slicesThatAreOpenAtTheEndAreClosed();
        assertArrayEquals(first, file.toByteArray());
    }

    @Test
    void aFullDiskIsKeptForTheEndAndNothingIsWrittenAfterIt() {
        int[] writes = {0};
        PerfettoTrace trace = new PerfettoTrace(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                writes[0]++;
                throw new IOException("No space left on device");
            }
        }, 1);
        trace.taskCreated(0, "t", 0);
        for (int i = 0; i < 10_000; i++) {
            trace.onCpu(0, 0, 2 * i);
            trace.offCpu(0, 0, true, 2 * i + 1);
        }
        trace.finish(20_000);
        assertNotNull(trace.failure());
        assertEquals(1, writes[0]);
        assertEquals(0, trace.writtenBytes());
    }
}
