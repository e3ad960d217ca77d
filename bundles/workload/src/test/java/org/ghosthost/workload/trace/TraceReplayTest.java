package org.ghosthost.workload.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.generator.Generators;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;

/** What is kept of a trace: run times, sleep times, and who waits for whom. */
class TraceReplayTest {
    private static final long US = 1_000;

    /**
     * The same in three forms. On CPU 0 a runs 100 us, wakes b after 40 of them, then sleeps 500 until a timer wakes
     * it and runs 10 more. On CPU 1 b, blocked from the start, runs 200 us after that, and exits.
     */
    private static final List<String> FORMS =
            List.of(resource("ftrace.txt"), resource("trace-cmd.txt"), resource("perf-script.txt"));

    private static final String FTRACE = FORMS.getFirst();

    private static String resource(final String name) {
        try (InputStream in = TraceReplayTest.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError("no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TraceWorkload load(final String text) {
        try {
            return (TraceWorkload) TraceLoader.load("t", new byte[0],
                    new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TinyMachine run(final Workload workload, final int cpus) {
        return TinyMachine.run(workload, cpus, 1_000_000_000);
    }

    @Test
    void theThreeFormsOfATraceSayTheSame() {
        for (final String form : FORMS) {
            final TraceWorkload workload = load(form);
            assertEquals(List.of(), workload.remarks(), form);
            final TinyMachine machine = run(workload, 2);
            assertTrue(machine.allExited(), form);
            assertEquals(110 * US, machine.task("a").ranNs(), form);
            assertEquals(500 * US, machine.task("a").sleptNs(), form);
            assertEquals(200 * US, machine.task("b").ranNs(), form);
            assertEquals(List.of("40 wake b"), machine.task("a").log(), form);
            assertEquals(610 * US, machine.elapsedNs(), form);
        }
    }

    @Test
    void aDependencyFollowsTheWakerWhenThePolicyIsSlow() {
        // A third task has the only CPU for a millisecond: the wake-up moves with its waker, it has no time of its own.
        final TinyMachine machine = new TinyMachine(1, 1_000 * US);
        machine.start(Generators.parse("spin:tasks=1,run=1ms,loops=1"), 1);
        machine.start(load(FTRACE), 1);
        machine.runFor(1_000_000_000);
        assertEquals(1_610 * US, machine.elapsedNs());
        assertEquals(200 * US, machine.task("b").ranNs());
    }

    @Test
    void aWakeThatComesBeforeItsBlockIsNotLostAndWakesAreNotMixedUp() {
        // b blocks twice; its wakers are a, then c. Under a policy that runs c first, b still waits for a first.
        final TraceWorkload workload = load("""
                a-1 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> a:1 [120]
                c-3 [001] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> c:3 [120]
                b-2 [002] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> b:2 [120]
                b-2 [002] d..2. 1.000010: sched_switch: b:2 [120] S ==> swapper:0 [120]
                a-1 [000] d..2. 1.000100: sched_waking: comm=b pid=2 prio=120 target_cpu=002
                b-2 [002] d..2. 1.000100: sched_switch: swapper:0 [120] R ==> b:2 [120]
                a-1 [000] d..2. 1.000100: sched_switch: a:1 [120] X ==> swapper:0 [120]
                b-2 [002] d..2. 1.000130: sched_switch: b:2 [120] S ==> swapper:0 [120]
                c-3 [001] d..2. 1.000200: sched_waking: comm=b pid=2 prio=120 target_cpu=002
                c-3 [001] d..2. 1.000200: sched_switch: c:3 [120] X ==> swapper:0 [120]
                b-2 [002] d..2. 1.000200: sched_switch: swapper:0 [120] R ==> b:2 [120]
                b-2 [002] d..2. 1.000240: sched_switch: b:2 [120] X ==> swapper:0 [120]
                """);
        for (final boolean lastComeFirst : new boolean[] {false, true}) {
            for (final long sliceNs : new long[] {7 * US, 150 * US, Long.MAX_VALUE}) {
                final TinyMachine machine = new TinyMachine(1, sliceNs, lastComeFirst);
                machine.start(workload, 1);
                machine.runFor(1_000_000_000);
                assertTrue(machine.allExited(), "slice " + sliceNs);
                assertEquals(80 * US, machine.task("b").ranNs());
                assertEquals(380 * US, machine.elapsedNs());
            }
        }
    }

    @Test
    void aWakeUpOfATaskOnItsWayToBlockIsKeptIfItBlocksAndOnlyThen() {
        final TraceWorkload workload = load("""
                a-1 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> a:1 [120]
                b-2 [001] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> b:2 [120]
                a-1 [000] d..2. 1.000010: sched_waking: comm=b pid=2 prio=120 target_cpu=001
                b-2 [001] d..2. 1.000011: sched_switch: b:2 [120] S ==> swapper:0 [120]
                b-2 [001] d..2. 1.000020: sched_switch: swapper:0 [120] R ==> b:2 [120]
                a-1 [000] d..2. 1.000030: sched_waking: comm=b pid=2 prio=120 target_cpu=001
                b-2 [001] d..2. 1.000050: sched_switch: b:2 [120] R ==> swapper:0 [120]
                b-2 [001] d..2. 1.000051: sched_switch: swapper:0 [120] R ==> b:2 [120]
                a-1 [000] d..2. 1.000060: sched_switch: a:1 [120] X ==> swapper:0 [120]
                b-2 [001] d..2. 1.000061: sched_switch: b:2 [120] X ==> swapper:0 [120]
                """);
        assertEquals(List.of(), workload.remarks());
        final TinyMachine machine = run(workload, 1);
        assertTrue(machine.allExited());
        assertEquals(51 * US, machine.task("b").ranNs());
        assertEquals(0, machine.task("b").sleptNs());
    }

    @Test
    void preemptionIsNeitherRunNorSleep() {
        final TinyMachine machine = run(load("""
                a-1 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> a:1 [120]
                a-1 [000] d..2. 1.000100: sched_switch: a:1 [120] R+ ==> b:2 [120]
                b-2 [000] d..2. 1.000400: sched_switch: b:2 [120] R ==> a:1 [120]
                a-1 [000] d..2. 1.000450: sched_switch: a:1 [120] X ==> b:2 [120]
                b-2 [000] d..2. 1.000460: sched_switch: b:2 [120] X ==> swapper:0 [120]
                """), 2);
        assertEquals(150 * US, machine.task("a").ranNs());
        assertEquals(310 * US, machine.task("b").ranNs());
        assertEquals(0, machine.task("a").sleeps());
    }

    @Test
    void aForkedTaskStartsWhenItsParentForksItAndAPidMayBeUsedAgain() {
        final TraceWorkload workload = load("""
                p-1 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> p:1 [120]
                p-1 [000] ..... 1.000010: sched_process_fork: comm=p pid=1 child_comm=p child_pid=2
                p-1 [000] d..2. 1.000020: sched_wakeup_new: comm=p pid=2 prio=130 target_cpu=001
                p-2 [001] d..2. 1.000030: sched_switch: swapper:0 [120] R ==> kid:2 [130]
                p-2 [001] d..2. 1.000050: sched_switch: kid:2 [130] X ==> swapper:0 [120]
                p-1 [000] ..... 1.000060: sched_process_fork: comm=p pid=1 child_comm=p child_pid=2
                p-1 [000] d..2. 1.000070: sched_wakeup_new: comm=p pid=2 prio=120 target_cpu=001
                p-2 [001] d..2. 1.000080: sched_switch: swapper:0 [120] R ==> kid2:2 [120]
                p-2 [001] d..2. 1.000180: sched_switch: kid2:2 [120] X ==> swapper:0 [120]
                p-1 [000] d..2. 1.000180: sched_switch: p:1 [120] X ==> swapper:0 [120]
                """);
        assertEquals(1, workload.tasks(1).size());
        final TinyMachine machine = run(workload, 1);
        assertEquals(List.of("p", "kid", "kid2"), machine.tasks().stream().map(TinyTask::name).toList());
        assertEquals(List.of("20 fork kid", "70 fork kid2"), machine.task("p").log());
        assertEquals(List.of(180 * US, 20 * US, 100 * US), machine.tasks().stream().map(TinyTask::ranNs).toList());
        assertEquals(10, machine.task("kid").spec().nice());
        assertEquals(List.of(), workload.remarks());
    }

    @Test
    void kernelThreadsAndRealTimeTasksAreLoadOfOtherClasses() {
        final List<TaskSpec> tasks = load("""
                x-1 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> kworker/0:1:7 [120]
                x-1 [000] d..2. 1.000010: sched_switch: kworker/0:1:7 [120] I ==> migration/0:8 [0]
                x-1 [000] d..2. 1.000020: sched_switch: migration/0:8 [0] S ==> user one:9 [110]
                """).tasks(1);
        assertEquals(List.of("kworker/0:1", "migration/0", "user one"), tasks.stream().map(TaskSpec::name).toList());
        assertEquals(List.of(SchedulingClass.FAIR, SchedulingClass.RT, SchedulingClass.GHOST),
                tasks.stream().map(TaskSpec::schedulingClass).toList());
        assertEquals(List.of(1, 1, 0), tasks.stream().map(TaskSpec::process).toList());
        assertEquals(-10, tasks.get(2).nice());
    }

    @Test
    void linesOutOfOrderAreSortedAndLinesFarOutOfOrderAreRemarked() {
        final String[] lines = FTRACE.split("\n");
        final String swapped = String.join("\n", lines[0], lines[4], lines[3], lines[2], lines[6], lines[5], lines[8],
                lines[7], lines[9], lines[10]) + "\n";
        final TinyMachine machine = run(load(swapped), 2);
        assertEquals(610 * US, machine.elapsedNs());
        assertEquals(200 * US, machine.task("b").ranNs());

        final StringBuilder far = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            far.append("a-1 [000] d..2. 5.").append(String.format("%06d", i))
                    .append(": sched_switch: a:1 [120] R ==> a:1 [120]\n");
        }
        final TraceWorkload late = load(far
                + "a-1 [000] d..2. 1.000000: sched_waking: comm=z pid=77 prio=120 target_cpu=0\n");
        assertEquals(1, late.remarks().size());
        assertTrue(late.remarks().getFirst().startsWith("t:10001: the first of 1 events much later in the file"),
                late.remarks().getFirst());
    }

    @Test
    void lostEventsAreRemarkedAndBridged() {
        // The switch away from b is lost, and so is its next wake-up.
        final TraceWorkload workload = load("""
                b-2 [000] d..2. 1.000000: sched_switch: swapper:0 [120] R ==> b:2 [120]
                CPU:0 [LOST 5 EVENTS]
                c-3 [000] d..2. 1.000500: sched_switch: swapper:0 [120] R ==> c:3 [120]
                c-3 [000] d..2. 1.000600: sched_switch: c:3 [120] X ==> b:2 [120]
                b-2 [000] d..2. 1.000700: sched_switch: b:2 [120] X ==> swapper:0 [120]
                """);
        assertEquals(List.of("t:2: the first of 1 places where the recorder lost events; sleeps and runs there are"
                + " guessed",
                "t:3: the first of 2 events that do not fit to those before, since some are missing; they are bridged"),
                workload.remarks());
        final TinyMachine machine = run(workload, 1);
        assertTrue(machine.allExited());
        assertEquals(100 * US, machine.task("b").ranNs());
        assertEquals(600 * US, machine.task("b").sleptNs());
    }

    @Test
    void aCutLastLineIsLeftOutAndSaid() {
        final TraceWorkload workload = load(FTRACE.stripTrailing().substring(0, FTRACE.stripTrailing().length() - 40));
        assertEquals(List.of("t:11: the last line is cut off; it is left out"), workload.remarks());
        assertFalse(workload.tasks(1).isEmpty());
    }
}
