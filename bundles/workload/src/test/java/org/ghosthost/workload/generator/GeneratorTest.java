package org.ghosthost.workload.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorTest {
    private static final long MS = 1_000_000;
    private static final long S = 1_000_000_000;

    @Test
    void spinTasksRunAndSleepInTurn() {
        final TinyMachine machine = TinyMachine.run(
                Generators.parse("spin:tasks=3,run=2ms,sleep=500us,loops=4,spread=3ms,"
                + "class=fair,nice=-3,cpus=0-1+3"), 3, S);
        assertTrue(machine.allExited());
        assertEquals(List.of(0L, MS, 2 * MS), machine.tasks().stream().map(task -> task.spec().startNs()).toList());
        final TinyTask task = machine.task("spin-2");
        assertEquals(8 * MS, task.ranNs());
        assertEquals(2 * MS, task.sleptNs());
        assertEquals(SchedulingClass.FAIR, task.spec().schedulingClass());
        assertEquals(-3, task.spec().nice());
        assertEquals("0-1,3", String.valueOf(task.spec().affinity()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 77})
    void aPeriodicSetHasTheUtilisationThatWasAskedFor(final long seed) {
        final Workload workload =
                Generators.parse("periodic:tasks=100,utilisation=6.5,period=5ms-200ms,deadline=0.5,seed=" + seed);
        final List<WorkClass> classes = workload.processes().getFirst().workClasses();
        double utilisation = 0;
        for (final TaskSpec task : workload.tasks(9)) {
            final PrioHint hint = task.hint();
            if (hint == null) {
                throw new AssertionError("no item: " + task.name());
            }
            final double periodNs = hint.deadlineNs() * 2.0;
            assertTrue(periodNs >= 5 * MS - 2 && periodNs <= 200 * MS + 2, "period " + periodNs);
            assertTrue(task.startNs() <= periodNs);
            final double share = classes.get(hint.workClass()).execNs() / periodNs;
            assertTrue(share <= 1.000001, "share " + share);
            utilisation += share;
        }
        assertEquals(6.5, utilisation, 0.01);
    }

    @Test
    void aPeriodicTaskKeepsItsReleasesWhenItIsLate() {
        final Workload workload = Generators.parse("periodic:tasks=1,utilisation=0.6,period=10ms,offsets=zero");
        final TinyMachine machine = new TinyMachine(1, Long.MAX_VALUE);
        machine.start(Generators.parse("spin:tasks=1,run=25ms,loops=1"), 1);
        machine.start(workload, 1);
        machine.runFor(100 * MS);
        final List<TinyTask.Job> jobs = machine.task("periodic-0").jobs();
        assertEquals(List.of(0L, 10L, 20L, 30L, 40L), jobs.subList(0,
                5).stream().map(j -> j.releasedNs() / MS).toList());
        assertEquals(List.of(10L, 20L, 30L, 40L, 50L), jobs.subList(0,
                5).stream().map(j -> j.deadlineNs() / MS).toList());
        assertEquals(List.of(31L, 37L, 43L, 49L, 55L), jobs.subList(0, 5).stream().map(j -> j.endedNs() / MS).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sleep", "block", "spin"})
    void poissonRequestsComeAtTheRateAndAreAllServed(final String wait) {
        final Workload workload = Generators.parse(
                "poisson:rate=20000,mix=0.9x10us+0.1x100us,workers=50,requests=20000,wait=" + wait);
        final TinyMachine machine = TinyMachine.run(workload, 60, 10 * S);
        assertTrue(machine.allExited());
        final List<TinyTask.Job> jobs = machine.tasks().stream().flatMap(task -> task.jobs().stream()).toList();
        assertEquals(20_000, jobs.size());
        final long lastNs = jobs.stream().mapToLong(TinyTask.Job::releasedNs).max().orElseThrow();
        assertEquals(1.0, lastNs / 1e9, 0.03);
        final long servedNs = machine.tasks().stream().mapToLong(TinyTask::ranNs).sum();
        assertEquals(20_000 * 19_000.0, servedNs, 20_000 * 19_000.0 * 0.05);
        assertTrue(jobs.stream().allMatch(job -> job.deadlineNs() - job.releasedNs() == 100_000));
        assertTrue(jobs.stream().allMatch(job -> job.endedNs() - job.releasedNs() >= 10_000));
        // Enough CPUs for all: nobody waits.
        assertTrue(jobs.stream().allMatch(job -> job.endedNs() - job.releasedNs() <= 101_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sleep", "block"})
    void theSameRequestsArriveWhateverTheMachineDoes(final String wait) {
        final Workload workload =
                Generators.parse("poisson:rate=10000,mix=10us,workers=20,requests=1000,wait=" + wait);
        assertEquals(arrivals(workload, 1, 7), arrivals(workload, 16, 7));
        assertNotEquals(arrivals(workload, 1, 7), arrivals(workload, 1, 8));
    }

    private static List<Long> arrivals(final Workload workload, final int cpus, final long seed) {
        final TinyMachine machine = new TinyMachine(cpus, Long.MAX_VALUE);
        machine.start(workload, seed);
        machine.runFor(10 * S);
        return machine.tasks().stream().flatMap(task -> task.jobs().stream()).map(TinyTask.Job::releasedNs).sorted()
                .toList();
    }

    @Test
    void anIdleWorkerSaysSoInThePrioTableOnlyIfItSpins() {
        final TinyMachine machine =
                TinyMachine.run(Generators.parse("poisson:rate=1000,workers=2,requests=3,wait=spin"), 3, S);
        final List<String> log = machine.tasks().stream().flatMap(task -> task.log().stream()).toList();
        assertEquals(4, log.stream().filter(line -> line.endsWith(" idle")).count(), String.join("\n", log));
        assertTrue(TinyMachine.run(Generators.parse("poisson:rate=1000,workers=2,requests=3,wait=block"), 3, S).tasks()
                .stream().flatMap(task -> task.log().stream()).noneMatch(line -> line.endsWith(" idle")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "spin:tasks=0|workload 'spin:tasks=0': tasks must be a whole number from 1 to 100000, not '0'",
        "spin:tasks=1e9|workload 'spin:tasks=1e9': tasks must be a whole number from 1 to 100000, not '1e9'",
        "spin:run=5|workload 'spin:run=5': run must be a time such as 10us, 2.5ms or 1s, at least 1ns and at most a"
                + " year,"
                + " not '5'",
        "spin:run=0ms|workload 'spin:run=0ms': run must be a time such as 10us, 2.5ms or 1s, at least 1ns and at most a"
                + " year, not '0ms'",
        "spin:run=999999999999h|workload 'spin:run=999999999999h': run must be a time such as 10us, 2.5ms or 1s, at"
                + " least"
                + " 1ns and at most a year, not '999999999999h'",
        "spin:walk=1ms|workload 'spin:walk=1ms': 'walk' is no parameter of spin; it takes tasks, run, sleep, loops,"
                + " spread, class, nice, cpus, duration",
        "spin:run=1ms,run=2ms|workload 'spin:run=1ms,run=2ms': 'run' is given twice; keep one",
        "spin:run|workload 'spin:run': expected name=value, found 'run'",
        "spin:,|workload 'spin:,': expected name=value, found ''",
        "spin:class=odd|workload 'spin:class=odd': class must be ghost, fair or rt, not 'odd'",
        "spin:cpus=9-3|workload 'spin:cpus=9-3': cpus must be CPUs such as 0-3+8, not '9-3'",
        "spin:nice=20|workload 'spin:nice=20': nice must be a whole number from -20 to 19, not '20'",
        "periodic:tasks=2,utilisation=3|workload 'periodic:tasks=2,utilisation=3': utilisation must be a number from"
                + " 0.000001 to 2, not '3'",
        "periodic:utilisation=NaN|workload 'periodic:utilisation=NaN': utilisation must be a number from 0.000001 to"
                + " 10,"
                + " not 'NaN'",
        "periodic:period=9ms-3ms|workload 'periodic:period=9ms-3ms': period must be a range such as 10ms-100ms, shorter"
                + " end first",
        "periodic:offsets=odd|workload 'periodic:offsets=odd': offsets must be random or zero, not 'odd'",
        "periodic:tasks=40,utilisation=39.9|workload 'periodic:tasks=40,utilisation=39.9': no set of 40 tasks with this"
                + " utilisation was found in 1000 draws; lower it or take more tasks",
        "poisson:mix=0.5x10us|workload 'poisson:mix=0.5x10us': the shares of mix add up to 0.5; they must add up to 1",
        "poisson:mix=2x10us|workload 'poisson:mix=2x10us': a share of mix must be a number from 0 to 1, not '2'",
        "poisson:mix=+|workload 'poisson:mix=+': mix must be a time such as 10us, 2.5ms or 1s, at least 1ns and at"
                + " most a"
                + " year, not ''",
        "poisson:wait=hope|workload 'poisson:wait=hope': wait must be sleep, block or spin, not 'hope'",
        "poisson:dispatcher=0|workload 'poisson:dispatcher=0': only wait=block and wait=spin have a dispatcher;"
                + " remove it"
                + " or choose one of them",
        "burn:tasks=1|no generator is called 'burn'; there are periodic, poisson and spin",
    })
    void aWrongTextIsToldWhatIsRight(final String text, final String sentence) {
        assertEquals(sentence.replace('\'', '"'),
                assertThrows(WorkloadException.class, () -> Generators.parse(text)).getMessage());
    }

    @Test
    void anOverloadEndsWithASentence() {
        final Workload workload =
                Generators.parse("poisson:rate=100000000,mix=1s,workers=1,wait=block,dispatcher=0");
        assertEquals("more than 4194304 requests wait for a worker: the load is more than the CPUs can serve; lower"
                + " rate or"
                + " mix", assertThrows(WorkloadException.class, () -> TinyMachine.run(workload, 2, S)).getMessage());
    }

    @Test
    void cpusThatTheMachineLacksAreNamed() {
        final Workload workload = Generators.parse("poisson:workers=1,wait=spin,cpus=0-3,dispatcher=8");
        workload.checkCpus(9);
        assertThrows(WorkloadException.class, () -> workload.checkCpus(8));
    }
}
