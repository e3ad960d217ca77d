package org.ghosthost.workload.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;

/** The rt-app files that ship with the product. */
class ExamplesTest {
    private static final Path FOLDER = Path.of("../../distribution/src/main/examples/workloads");
    private static final long S = 1_000_000_000;

    @Test
    void theDeadlinesNeedSixOfSevenCpusAndAreMissedByWhoNeverPreempts() {
        final Workload workload = Workloads.load(FOLDER.resolve("deadlines.json"));
        assertEquals(List.of(), workload.remarks());
        assertEquals(10 * S, workload.durationNs());
        final TinyMachine enough = TinyMachine.run(workload, 29, 3 * S);
        assertEquals(6.12, enough.tasks().stream().mapToLong(TinyTask::ranNs).sum() / (3.0 * S), 0.1);
        assertEquals(0, missed(enough));
        final TinyMachine seven = TinyMachine.run(workload, 7, 3 * S);
        assertTrue(missed(seven) > 500, "missed " + missed(seven));
    }

    private static long missed(final TinyMachine machine) {
        return machine.tasks().stream().flatMap(task -> task.jobs().stream()).filter(TinyTask.Job::missed).count();
    }

    @Test
    void theMixUsesAFewCpusAndKeepsAllItsTasksGoing() {
        final Workload workload = Workloads.load(FOLDER.resolve("mixed.json"));
        assertEquals(List.of(), workload.remarks());
        final TinyMachine machine = TinyMachine.run(workload, 4, 9 * S);
        final double used = machine.tasks().stream().mapToLong(TinyTask::ranNs).sum() / (9.0 * S);
        assertTrue(used > 1.5 && used < 3, "CPUs " + used);
        for (final TinyTask task : machine.tasks()) {
            assertTrue(task.ranNs() > 1_000_000, task.name() + " ran " + task.ranNs());
            assertFalse(task.exited() && !task.name().startsWith("command-"), task.name());
        }
    }
}
