package org.ghosthost.workload.rtapp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;

/** What each event means, on a machine without costs; times are in microseconds as in the files. */
class RtAppProgramTest {
    private static final long US = 1_000;

    static Workload load(final String tasks) {
        return RtAppLoader.load("test.json", ("{\"tasks\": {" + tasks + "}}").getBytes(StandardCharsets.UTF_8));
    }

    private static TinyMachine run(final String tasks, final int cpus, final long us) {
        return TinyMachine.run(load(tasks), cpus, us * US);
    }

    private static List<Long> releases(final TinyTask task) {
        return task.jobs().stream().map(job -> job.releasedNs() / US).toList();
    }

    @Test
    void runBurnsAndSleepWaitsAsLongAsTheFileSays() {
        final TinyTask task = run("'t': {'loop': 3, 'run': 100, 'sleep': 50}".replace('\'', '"'), 1, 1_000).task("t");
        assertTrue(task.exited());
        assertEquals(300 * US, task.ranNs());
        assertEquals(150 * US, task.sleptNs());
    }

    @Test
    void eventsOfOneNameFollowEachOtherInTheOrderOfTheFile() {
        final TinyMachine machine = run("""
                "t": {"loop": 1, "run": 10, "sleep": 5, "run": 20, "sleep": 5, "run2": 40,
                    "runtime_x": 32}""", 1, 1_000);
        assertEquals(102 * US, machine.task("t").ranNs());
        assertEquals(112 * US, machine.elapsedNs());
    }

    @Test
    void aTaskWithoutLoopGoesOnForEver() {
        assertEquals(500 * US, run("""
                "t": {"run": 10, "sleep": 10}""", 1, 1_000).task("t").ranNs());
    }

    @Test
    void phasesLoopAndTheTaskLoopsOverThem() {
        final TinyTask task = run("""
                "t": {"loop": 2, "phases": {
                    "a": {"loop": 3, "run": 1, "sleep": 10},
                    "b": {"run": 100, "sleep": 10}}}""", 1, 10_000).task("t");
        assertTrue(task.exited());
        assertEquals(2 * 103 * US, task.ranNs());
        assertEquals(8, task.sleeps());
    }

    @Test
    void anEndlessPhaseNeverLetsTheNextOneBegin() {
        assertEquals(10 * US, run("""
                "t": {"loop": 1, "phases": {"a": {"loop": -1, "run": 1, "sleep": 99}, "b": {"run": 500}}}""", 1, 999)
                .task("t").ranNs());
    }

    @Test
    void aTimerIsNotMovedByTheTimeATaskWaits() {
        final TinyMachine machine = run("""
                "late": {"loop": 1, "run": 12},
                "t": {"run": 5, "timer": {"ref": "tick", "period": 20}}""", 1, 100);
        assertEquals(List.of(0L, 20L, 40L, 60L, 80L), releases(machine.task("t")));
    }

    @Test
    void aRelativeTimerStartsAnewWhenItsTaskIsLate() {
        // The third round runs 35, longer than the period of 20.
        final TinyTask task = run("""
                "t": {"loop": 1, "phases": {
                    "a": {"loop": 2, "run": 10, "timer": {"ref": "unique", "period": 20}},
                    "b": {"run": 35, "timer": {"ref": "unique", "period": 20}},
                    "c": {"loop": 3, "run": 10, "timer": {"ref": "unique", "period": 20}}}}""", 1, 1_000).task("t");
        assertEquals(List.of(0L, 20L, 40L, 75L, 95L, 115L), releases(task));
        assertEquals(1, task.jobs().stream().filter(TinyTask.Job::missed).count());
    }

    @Test
    void anAbsoluteTimerKeepsItsTicksAndCatchesUp() {
        final TinyTask task = run("""
                "t": {"loop": 1, "phases": {
                    "a": {"loop": 2, "run": 10, "timer": {"ref": "unique", "period": 20, "mode": "absolute"}},
                    "b": {"run": 35, "timer": {"ref": "unique", "period": 20}},
                    "c": {"loop": 3, "run": 10, "timer": {"ref": "unique", "period": 20}}}}""", 1, 1_000).task("t");
        assertEquals(List.of(0L, 20L, 40L, 60L, 80L, 100L), releases(task));
        assertEquals(List.of(10L, 30L, 75L, 85L, 95L, 110L), task.jobs().stream().map(j -> j.endedNs() / US).toList());
        assertEquals(2, task.jobs().stream().filter(TinyTask.Job::missed).count());
    }

    @Test
    void aNamedTimerIsSharedAndAUniqueOneIsNot() {
        // Two instances that share a timer take every other tick.
        final TinyMachine shared = run("""
                "t": {"instance": 2, "run": 1, "timer": {"ref": "tick", "period": 100}}""", 2, 1_000);
        assertEquals(List.of(0L, 100L, 300L, 500L, 700L), releases(shared.task("t-0")).subList(0, 5));
        final TinyMachine unique = run("""
                "t": {"instance": 2, "run": 1, "timer": {"ref": "unique1", "period": 100}}""", 2, 1_000);
        assertEquals(List.of(0L, 100L, 200L, 300L, 400L), releases(unique.task("t-1")).subList(0, 5));
    }

    @Test
    void runtimeCountsTheTimeATaskIsPreemptedToo() {
        final Workload workload = load("""
                "a": {"loop": 1, "runtime": 1000},
                "b": {"loop": 1, "run": 5000}""");
        final TinyMachine machine = new TinyMachine(1, 100 * US);
        machine.start(workload, 1);
        machine.runFor(100_000 * US);
        final long ranNs = machine.task("a").ranNs();
        assertTrue(ranNs >= 450 * US && ranNs <= 600 * US, "ran " + ranNs);
        assertEquals(5_000 * US, machine.task("b").ranNs());
    }

    @Test
    void aDelayShiftsTheStartAndTheTimers() {
        final TinyTask task = run("""
                "t": {"delay": 30, "loop": 2, "run": 5, "timer": {"ref": "unique",
                    "period": 20}}""", 1, 1_000).task("t");
        assertEquals(30 * US, task.spec().startNs());
        assertEquals(List.of(30L, 50L), releases(task));
    }

    @Test
    void aMutexLetsOneTaskInAtATime() {
        final TinyMachine machine = run("""
                "a": {"loop": 1, "lock": "m", "run": 100, "unlock": "m", "run": 1},
                "b": {"loop": 1, "lock": "m", "run": 100, "unlock": "m", "run": 1}""", 2, 1_000);
        assertTrue(machine.allExited());
        assertEquals(201 * US, machine.elapsedNs());
        assertEquals(List.of("100 wake b"), machine.task("a").log());
    }

    @Test
    void aWaitReleasesItsMutexAndASignalWakesOneWaiter() {
        final TinyMachine machine = run("""
                "w": {"instance": 2, "loop": 1, "lock": "m", "wait": {"ref": "c", "mutex": "m"},
                    "unlock": "m", "run": 5},
                "s": {"loop": 1, "sleep": 100, "lock": "m", "signal": "c", "unlock": "m"}""", 3, 1_000);
        assertTrue(machine.task("w-0").exited());
        assertTrue(machine.task("w-1").blocked());
        assertEquals(105 * US, machine.elapsedNs());
    }

    @Test
    void aBroadcastWakesAllWaiters() {
        assertTrue(run("""
                "w": {"instance": 5, "loop": 1, "lock": "m", "wait": {"ref": "c", "mutex": "m"},
                    "unlock": "m", "run": 5},
                "s": {"loop": 1, "sleep": 100, "lock": "m", "broad": "c", "unlock": "m"}""", 2, 1_000).allExited());
    }

    @Test
    void aSignalThatNobodyWaitsForIsLost() {
        assertTrue(run("""
                "s": {"loop": 1, "lock": "m", "signal": "c", "unlock": "m"},
                "w": {"delay": 10, "loop": 1, "lock": "m", "wait": {"ref": "c", "mutex": "m"},
                    "unlock": "m"}""", 2, 1_000)
                .task("w").blocked());
    }

    @Test
    void syncWakesThePartnerAndWaitsForTheAnswer() {
        final TinyMachine machine = run("""
                "a": {"loop": 3, "run": 5, "lock": "m", "wait": {"ref": "c", "mutex": "m"}, "unlock": "m", "run": 5,
                      "lock": "m", "signal": "c", "unlock": "m"},
                "b": {"loop": 3, "sleep": 20, "sync": {"ref": "c", "mutex": "m"}}""", 2, 1_000);
        assertTrue(machine.allExited());
        assertEquals(75 * US, machine.elapsedNs());
    }

    @Test
    void aBarrierHoldsAllInstancesUntilTheLastOneComes() {
        final TinyMachine machine = run("""
                "fast": {"instance": 3, "loop": 2, "run": 10, "barrier": "b"},
                "slow": {"loop": 2, "run": 100, "barrier": "b"}""", 4, 1_000);
        assertTrue(machine.allExited());
        assertEquals(200 * US, machine.elapsedNs());
        assertEquals(20 * US, machine.task("fast-2").ranNs());
    }

    @Test
    void resumeEndsASuspensionAndIsLostWithoutOne() {
        final TinyMachine machine = run("""
                "w": {"loop": 2, "suspend", "run": 5},
                "r": {"loop": 1, "phases": {
                    "once": {"sleep": 10, "resume": "w", "sleep": 1, "resume": "w", "sleep": 20}}}""", 2, 1_000);
        assertEquals(5 * US, machine.task("w").ranNs());
        assertTrue(machine.task("w").blocked());
    }

    @Test
    void aSemaphoreRemembersPosts() {
        final TinyMachine machine = run("""
                "p": {"loop": 5, "sem_post": "s"},
                "c": {"delay": 100, "loop": 5, "sem_wait": "s", "run": 1},
                "d": {"loop": 1, "sem_wait": "other", "run": 1}""", 2, 1_000);
        assertTrue(machine.task("c").exited());
        assertTrue(machine.task("d").blocked());
    }

    @Test
    void yieldGivesWay() {
        final TinyMachine machine = run("""
                "a": {"loop": 1, "run": 10, "yield": "", "run": 10},
                "b": {"loop": 1, "run": 10}""", 1, 1_000);
        assertEquals(List.of("10 yield"), machine.task("a").log());
        assertEquals(30 * US, machine.elapsedNs());
    }

    @Test
    void forkStartsATaskThatHasNoInstanceOfItsOwn() {
        final TinyMachine machine = run("""
                "parent": {"loop": 3, "run": 10, "fork": "child"},
                "child": {"instance": 0, "loop": 1, "run": 100}""", 4, 1_000);
        assertEquals(4, machine.tasks().size());
        assertEquals(100 * US, machine.task("child-2").ranNs());
        assertEquals(130 * US, machine.elapsedNs());
    }

    @Test
    void eventsWithoutATimeOfTheirOwnStillLetTimePass() {
        final TinyMachine machine = run("""
                "t": {"signal": "c", "run": 0, "sleep": 0},
                "y": {"yield": ""}""", 2, 1_000);
        assertFalse(machine.task("t").exited());
        assertTrue(machine.task("t").ranNs() > 0);
        assertTrue(machine.task("y").ranNs() > 0);
    }

    @Test
    void aPhaseChangesCpusPolicyAndPriorityAndTheTaskGetsItsCpusBack() {
        final TinyTask task = run("""
                "t": {"cpus": [2], "priority": -5, "loop": 1, "phases": {
                    "a": {"cpus": [0, 1], "priority": 3, "run": 10},
                    "b": {"policy": "SCHED_FIFO", "run": 10},
                    "c": {"run": 10}}}""", 1, 1_000).task("t");
        assertEquals("0-1", String.valueOf(task.spec().affinity()));
        assertEquals(3, task.spec().nice());
        assertEquals(List.of("10 cpus 2", "10 nice 0", "10 class RT"), task.log());
    }

    @Test
    void aTaskWithoutCpusMayUseAllAgainAfterAPhaseThatNamesSome() {
        final TinyTask task = run("""
                "t": {"loop": 1, "phases": {"a": {"cpus": [1], "run": 10}, "b": {"run": 10}}}""", 1, 1_000).task("t");
        assertEquals(List.of("10 cpus 0-1023"), task.log());
    }
}
