package org.ghosthost.workload.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.loader.Workloads;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;

/** The recording of a Maven build that ships with the product. */
class RealRecordingTest {
    private static final Path FILE =
            Path.of("../../distribution/src/main/examples/workloads/maven-build.trace.gz");

    private static final Pattern SWITCH = Pattern.compile(" \\[(\\d+)\\] .* (\\d+)\\.(\\d{6}): sched_switch: "
            + "prev_comm=.* prev_pid=(\\d+) .* ==> next_comm=.* next_pid=(\\d+) ");

    private final TraceWorkload workload = (TraceWorkload) Workloads.load(FILE);

    @Test
    void itIsWholeAndNeutral() {
        assertEquals(List.of(), workload.remarks());
        assertTrue(workload.recorded().size() > 50, "tasks " + workload.recorded().size());
        assertTrue(workload.recorded().stream().anyMatch(task -> task.schedulingClass() == SchedulingClass.FAIR));
        assertTrue(workload.recorded().stream().anyMatch(task -> task.name.equals("mvn")));
    }

    @Test
    void theCpuTimeOfAllTasksIsThatOfTheRecording() throws IOException {
        // Counted here once more, in the plainest way: the time between two switches of a CPU.
        final Map<String, Long> sinceUs = new HashMap<>();
        long busyUs = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(FILE)), StandardCharsets.ISO_8859_1))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                final Matcher matcher = SWITCH.matcher(line);
                if (matcher.find()) {
                    final long us = Long.parseLong(matcher.group(2)) * 1_000_000 + Long.parseLong(matcher.group(3));
                    final Long since = sinceUs.put(matcher.group(1), us);
                    if (!matcher.group(4).equals("0") && since != null) {
                        busyUs += us - since;
                    }
                }
            }
        }
        final long recordedUs =
                workload.recorded().stream().mapToLong(RecordedTask::totalRunNs).sum() / 1_000;
        // The first and the last stretch of each CPU are not between two switches.
        assertTrue(Math.abs(recordedUs - busyUs) < 10_000, recordedUs + " us, counted " + busyUs);
    }

    @Test
    void anyPolicyReplaysAllOfItWithoutADeadlock() {
        for (final int cpus : new int[] {1, 2, 8}) {
            for (final boolean lastComeFirst : new boolean[] {false, true}) {
                final TinyMachine machine = new TinyMachine(cpus, 200_000L * cpus, lastComeFirst);
                machine.start(workload, 1);
                machine.runFor(1_000_000_000_000L);
                assertTrue(machine.allExited(), cpus + " CPUs");
                assertEquals(workload.recorded().stream().mapToLong(RecordedTask::totalRunNs).sum(),
                        machine.tasks().stream().mapToLong(TinyTask::ranNs).sum());
            }
        }
    }

    @Test
    void moreCpusMakeItFaster() {
        assertTrue(elapsedNs(2) < elapsedNs(1));
    }

    private long elapsedNs(final int cpus) {
        return TinyMachine.run(workload, cpus, 1_000_000_000_000L).elapsedNs();
    }
}
