package org.ghosthost.workload.rtapp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.testing.TinyTask;
import org.junit.jupiter.api.Test;

/** How jobs, deadlines and PrioTable items come from a file. */
class RtAppDeadlineTest {
    private static final long US = 1_000;

    private static List<Long> deadlines(final TinyTask task) {
        return task.jobs().stream().map(job -> job.deadlineNs() / US).toList();
    }

    private static TinyMachine run(final String tasks) {
        return TinyMachine.run(RtAppProgramTest.load(tasks), 4, 1_000 * US);
    }

    @Test
    void aJobOfATimerIsDueAtTheNextTick() {
        final TinyTask task = run("""
                "t": {"loop": 3, "run": 10, "timer": {"ref": "unique", "period": 50}}""").task("t");
        assertEquals(List.of(50L, 100L, 150L), deadlines(task));
        assertEquals(List.of("0 runnable t 50", "10 runnable t 100", "60 runnable t 150"), task.log());
    }

    @Test
    void aSaidDeadlineGoesBeforeThePeriod() {
        assertEquals(List.of(30L, 80L), deadlines(run("""
                "t": {"loop": 2, "dl-deadline": 30, "run": 10, "timer": {"ref": "unique",
                    "period": 50}}""").task("t")));
        assertEquals(List.of(40L, 90L), deadlines(run("""
                "t": {"loop": 2, "dl-period": 40, "run": 10, "timer": {"ref": "unique", "period": 50}}""").task("t")));
        assertEquals(List.of(35L, 85L), deadlines(run("""
                "t": {"loop": 2, "deadline": 35, "run": 10, "timer": {"ref": "unique", "period": 50}}""").task("t")));
    }

    @Test
    void theDeadlineOfAPhaseHoldsForTheJobThatBeginsIt() {
        assertEquals(List.of(20L, 85L, 135L), deadlines(run("""
                "t": {"loop": 1, "phases": {
                    "a": {"dl-deadline": 20, "run": 10, "timer": {"ref": "unique", "period": 50}},
                    "b": {"loop": 2, "dl-deadline": 35, "run": 10, "timer": {"ref": "unique", "period": 50}}}}""")
                .task("t")));
    }

    @Test
    void withoutATimerEachWakeUpReleasesAJob() {
        final TinyMachine machine = run("""
                "sleeper": {"loop": 2, "dl-deadline": 30, "run": 10, "sleep": 100},
                "woken": {"loop": 2, "dl-deadline": 25, "suspend": "", "run": 5},
                "waker": {"loop": 1, "sleep": 50, "resume": "woken", "sleep": 50, "resume": "woken"}""");
        assertEquals(List.of(30L, 140L), deadlines(machine.task("sleeper")));
        assertEquals(List.of(25L, 75L, 125L), deadlines(machine.task("woken")));
        assertEquals(List.of("50 runnable woken 75", "50 wake woken", "100 runnable woken 125", "100 wake woken"),
                machine.task("waker").log());
    }

    @Test
    void lockContentionEndsNoJob() {
        final TinyMachine machine = run("""
                "holder": {"loop": 1, "lock": "m", "run": 50, "unlock": "m"},
                "t": {"loop": 1, "dl-deadline": 30, "run": 10, "lock": "m", "unlock": "m", "run": 10}""");
        assertEquals(List.of(new TinyTask.Job(0, 30 * US, 60 * US)), machine.task("t").jobs());
    }

    @Test
    void aFileWithoutTimersAndDeadlinesHasNoPrioTable() {
        final Workload workload = RtAppProgramTest.load("""
                "t": {"run": 10, "sleep": 10}""");
        assertEquals(List.of(), workload.processes().getFirst().workClasses());
        assertNull(workload.tasks(1).getFirst().hint());
    }

    @Test
    void eachTaskOfAFileWithDeadlinesHasAnItemAndItsQosComesFromThePriority() {
        final Workload workload = RtAppProgramTest.load("""
                "edf": {"priority": 5, "dl-runtime": 7, "dl-deadline": 30, "run": 10, "sleep": 10},
                "plain": {"run": 10, "sleep": 10},
                "idle": {"policy": "SCHED_IDLE", "run": 10, "sleep": 10},
                "dl": {"policy": "SCHED_DEADLINE", "dl-runtime": 3, "dl-period": 9, "run": 10, "sleep": 10}""");
        final List<WorkClass> classes = workload.processes().getFirst().workClasses();
        final List<TaskSpec> tasks = workload.tasks(1);
        assertEquals(new WorkClass(false, 15, 7 * US, 0), classOf(classes, tasks.get(0)));
        assertEquals(new WorkClass(false, 20, 10 * US, 0), classOf(classes, tasks.get(1)));
        assertEquals(new WorkClass(false, 0, 10 * US, 0), classOf(classes, tasks.get(2)));
        assertEquals(new WorkClass(false, 41, 3 * US, 0), classOf(classes, tasks.get(3)));
        assertEquals(new PrioHint(0, true, 30 * US), tasks.get(0).hint());
        assertEquals(TaskContext.NO_DEADLINE, hint(tasks.get(1)).deadlineNs());
        assertEquals(4, workload.processes().getFirst().maxItems());
        assertEquals(19, tasks.get(2).nice());
    }

    @Test
    void aPriorityOfAPhaseMovesTheItemToAnotherWorkClass() {
        final Workload workload = RtAppProgramTest.load("""
                "t": {"loop": 1, "dl-deadline": 30, "phases": {
                    "a": {"run": 10, "sleep": 1}, "b": {"priority": 4, "run": 10}}}""");
        assertEquals(List.of(20, 16),
                workload.processes().getFirst().workClasses().stream().map(WorkClass::qos).toList());
        assertEquals(List.of("11 nice 4", "11 class GHOST", "11 work class 1"),
                TinyMachine.run(workload, 1, 1_000 * US).task("t").log().subList(2, 5));
    }

    @Test
    void realTimePoliciesAreLoadOfAnotherClass() {
        assertEquals(SchedulingClass.RT, RtAppProgramTest.load("""
                "t": {"policy": "SCHED_RR", "priority": 50, "run": 10}""").tasks(1).getFirst().schedulingClass());
    }

    private static WorkClass classOf(final List<WorkClass> classes, final TaskSpec task) {
        return classes.get(hint(task).workClass());
    }

    private static PrioHint hint(final TaskSpec task) {
        final PrioHint hint = task.hint();
        if (hint == null) {
            throw new AssertionError("no item: " + task.name());
        }
        return hint;
    }
}
