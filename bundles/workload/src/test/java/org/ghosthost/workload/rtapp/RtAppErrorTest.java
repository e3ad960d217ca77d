package org.ghosthost.workload.rtapp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.testing.TinyMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong file gets one sentence with its place. Quotes are written as ' here. */
class RtAppErrorTest {

    private static Workload load(final String text) {
        return RtAppLoader.load("f", text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "{}|f:1:1: this file has no 'tasks'; add them",
        "{'tasks': {}}|f:1:2: no task starts; add one with an 'instance' above 0",
        "{'tasks': []}|f:1:11: 'tasks' must be an object, not a list",
        "{'tsks': {}}|f:1:2: 'tsks' is no part of an rt-app file; its parts are global, tasks, resources",
        "{'tasks': {'t': 5}}|f:1:17: 't' must be an object, not a number",
        "{'tasks': {'t': {}}}|f:1:17: this object has no events, so its task would do nothing; add one, such as 'run'",
        "{'tasks': {'t': {'run': 1}, 't': {'run': 1}}}|"
                + "f:1:29: two tasks are called 't'; rename one, or use 'instance' for more of the same",
        "{'tasks': {'t': {'run': 1, 'burn': 5}}}|"
                + "f:1:28: 'burn' is neither an event nor a property of a task; remove or correct it",
        "{'tasks': {'t': {'phases': {'p': {'run': 1, 'delay': 5}}}}}|"
                + "f:1:45: 'delay' is neither an event nor a property of a phase; remove or correct it",
        "{'tasks': {'t': {'run': 1, 'phases': {'p': {'run': 1}}}}}|"
                + "f:1:18: the event 'run' stands beside 'phases' and would never happen; move it into a phase",
        "{'tasks': {'t': {'phases': {}}}}|f:1:17: 'phases' is empty; give it a phase with events",
        "{'tasks': {'t': {'run': -1}}}|f:1:25: 'run' must be 0 to 2147483647, not -1",
        "{'tasks': {'t': {'run': 1.5}}}|f:1:25: 'run' must be a whole number, not the fraction 1.5",
        "{'tasks': {'t': {'run': 99999999999}}}|f:1:25: 'run' must be 0 to 2147483647, not 99999999999",
        "{'tasks': {'t': {'run': NaN}}}|f:1:25: expected a value, found 'NaN'",
        "{'tasks': {'t': {'run': '5'}}}|f:1:25: 'run' must be a whole number, not a text",
        "{'tasks': {'t': {'run'}}}|f:1:18: 'run' must be a whole number, not nothing",
        "{'tasks': {'t': {'run': 1, 'loop': 2, 'loop': 3}}}|"
                + "f:1:39: 'loop' is given twice in this object; keep one",
        "{'tasks': {'t': {'run': 1, 'loop': 0}}}|"
                + "f:1:17: 'loop' 0 means for ever to rt-app; say -1, or remove what should not run",
        "{'tasks': {'t': {'run': 1, 'instance': 1000000000}}}|"
                + "f:1:40: 'instance' must be 0 to 100000, not 1000000000",
        "{'tasks': {'a': {'run': 1, 'instance': 60000}, 'b': {'run': 1, 'instance': 60000}}}|"
                + "f:1:48: the file starts more than 100000 tasks; lower 'instance'",
        "{'tasks': {'t': {'mem': 100}}}|"
                + "f:1:18: 'mem' is not supported: how long it takes depends on a real memory or disk; put 'run' with a"
                + " time in its place",
        "{'tasks': {'t': {'run': 1, 'policy': 'SCHED_MAGIC'}}}|"
                + "f:1:38: no policy is called 'SCHED_MAGIC'; there are SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_RR,"
                + " SCHED_FIFO, SCHED_DEADLINE",
        "{'tasks': {'t': {'run': 1, 'priority': 20}}}|f:1:40: 'priority' must be -20 to 19, not 20",
        "{'tasks': {'t': {'run': 1, 'policy': 'SCHED_FIFO', 'priority': 0}}}|"
                + "f:1:64: 'priority' must be 1 to 99, not 0",
        "{'tasks': {'t': {'run': 1, 'policy': 'SCHED_DEADLINE'}}}|"
                + "f:1:17: SCHED_DEADLINE needs 'dl-runtime'; add it to this object",
        "{'tasks': {'t': {'run': 1, 'policy': 'SCHED_DEADLINE', 'dl-runtime': 9, 'dl-deadline': 5}}}|"
                + "f:1:17: SCHED_DEADLINE needs dl-runtime <= dl-deadline <= dl-period, but they are 9, 5, 5",
        "{'tasks': {'t': {'run': 1, 'cpus': []}}}|f:1:36: 'cpus' must name at least one CPU",
        "{'tasks': {'t': {'run': 1, 'cpus': [0, 1024]}}}|f:1:40: a CPU is a whole number, 0 to 1023",
        "{'tasks': {'t': {'run': 1, 'cpus': 3}}}|f:1:36: 'cpus' must be a list of CPU numbers, not a number",
        "{'tasks': {'t': {'resume': 'u'}}}|f:1:18: no task is called 'u'; name one of the file's tasks",
        "{'tasks': {'t': {'fork': 'u'}}}|f:1:18: no task is called 'u'; name one of the file's tasks",
        "{'tasks': {'t': {'timer': {'period': 5}}}}|f:1:18: 'timer' needs 'ref'; add it",
        "{'tasks': {'t': {'timer': {'ref': 'r', 'period': 5, 'mode': 'odd'}}}}|"
                + "f:1:18: the mode of a timer is 'relative' or 'absolute', not 'odd'",
        "{'tasks': {'t': {'timer': {'ref': 'r', 'perod': 5}}}}|"
                + "f:1:40: 'timer' has no property 'perod'; it takes ref, period, mode",
        "{'tasks': {'t': {'wait': {'ref': 'c', 'mutex': 'm'}}}}|"
                + "f:1:18: 'wait' needs its mutex 'm' locked; lock it before",
        "{'tasks': {'t': {'wait': {'ref': 'c'}}}}|f:1:18: 'wait' needs 'mutex'; add it",
        "{'tasks': {'t': {'lock': 'm', 'lock': 'm'}}}|"
                + "f:1:31: the task holds this mutex since line 1 and would wait for itself for ever; unlock it first",
        "{'tasks': {'t': {'unlock': 'm'}}}|f:1:18: the task does not hold this mutex; lock it before",
        "{'tasks': {'t': {'lock': 'm', 'run': 1}}}|"
                + "f:1:18: this mutex is still locked when its loop begins again; unlock it",
        "{'tasks': {'t': {'loop': 1, 'phases': {'a': {'lock': 'm'}, 'b': {'loop': 2, 'run': 1, 'unlock': 'm'}}}}}|"
                + "f:1:46: this mutex is locked once, but unlocked each time a loop goes round; put both on the same"
                + " side of the loop",
        "{'tasks': {'t': {'loop': 1, 'fork': 'u'}, 'u': {'barrier': 'b'}}}|"
                + "f:1:49: a task that is forked cannot use a barrier: how many come to it would be unknown; use a"
                + " semaphore",
        "{'global': {'duratoin': 5}, 'tasks': {'t': {'run': 1}}}|"
                + "f:1:13: 'duratoin' is no property of 'global'; remove or correct it",
        "{'global': {'duration': 1.5}, 'tasks': {'t': {'run': 1}}}|"
                + "f:1:25: 'duration' must be a whole number, not the fraction 1.5",
        "{'resources': {'r': {'type': 'cake'}}, 'tasks': {'t': {'run': 1}}}|"
                + "f:1:16: a resource has no type 'cake'; use mutex, wait or timer",
    })
    void aMistakeIsNamedWithItsPlace(final String text, final String sentence) {
        assertEquals(sentence.replace('\'', '"').replace("file\"s", "file's"),
                assertThrows(WorkloadException.class, () -> load(text)).getMessage());
    }

    @Test
    void whatHasNoMeaningOnTheMachineIsRemarkedWithItsPlace() {
        final List<String> remarks = load("""
                {'tasks': {
                  't': {'instance': 2, 'run': 1, 'util_min': 100, 'taskgroup': '/tg', 'suspend': 'x'},
                  'u': {'loop': 1, 'lock': 'm', 'barrier': 'b', 'sem_wait': 's', 'nodes_membind': [0]},
                  'v': {'policy': 'SCHED_RR', 'priority': 50, 'run': 1}},
                 'global': {'duration': 2, 'calibration': 'CPU0', 'lock_pages': false, 'pi_enabled': true,
                  'ftrace': 'none', 'logdir': './'}}""").remarks();
        assertEquals("""
                f:5:28: 'calibration': simulated CPUs all have one speed, so 'run' needs no calibration
                f:5:72: 'pi_enabled': mutexes have no priority inheritance here
                f:6:21: 'logdir': it is about what rt-app itself records, so it changes nothing here
                f:2:34: 'util_min': the simulated CPUs have one frequency, so utilisation clamping changes nothing
                f:2:51: 'taskgroup': the machine has no cgroups, so the task group changes nothing
                f:2:71: rt-app does not look at the text of 'suspend'; only 'resume' of 't' ends it, not of 'x'
                f:3:66: 'nodes_membind': the simulated memory has no nodes, so memory binding changes nothing
                f:4:31: 'priority': the machine serves all real-time tasks alike, first come, first served
                f:3:20: the task ends with this mutex locked; whoever wants it next waits for ever
                f:3:33: only one task comes to the barrier 'b', so it never waits
                f:3:49: nobody posts 's', so this wait never ends""".replace('\'', '"'), String.join("\n", remarks));
    }

    @Test
    void aCpuThatTheMachineLacksIsNamed() {
        final Workload workload = load("{'tasks': {'t': {'phases': {'p': {'cpus': [0, 9], 'run': 1}}}}}");
        workload.checkCpus(10);
        assertEquals("f:1:12: the task t wants CPU 9, but the machine has CPUs 0-7; change \"cpus\" or use a larger"
                + " machine",
                assertThrows(WorkloadException.class, () -> workload.checkCpus(8)).getMessage());
    }

    @Test
    void aTaskThatForksItselfEndsAtTheLimitOfRtApp() {
        final Workload workload = load("{'tasks': {'t': {'run': 1, 'fork': 't'}}}");
        final WorkloadException exception = assertThrows(WorkloadException.class,
                () -> TinyMachine.run(workload, 1, 1_000_000_000));
        assertEquals("f:1:12: this task has been forked 1024 times, which is rt-app's limit; fork it in a loop that"
                + " ends",
                exception.getMessage());
    }

    @Test
    void whatWouldGrowWithoutBoundIsRefusedOrTakesNoTime() {
        final StringBuilder locks = new StringBuilder();
        final StringBuilder timers = new StringBuilder();
        final StringBuilder tasks = new StringBuilder("{'tasks': {");
        for (int i = 0; i < 65; i++) {
            locks.append("'lock': 'm").append(i).append("', ");
            timers.append("'timer': {'ref': 'unique").append(i).append("', 'period': 1}, ");
        }
        for (int i = 0; i < 50_000; i++) {
            tasks.append("'t").append(i).append("': {'loop': 1, 'barrier': 'b', 'fork': 'f'}, ");
        }
        assertEquals("f:1:968: a task may hold 64 mutexes at a time; unlock some before",
                assertThrows(WorkloadException.class, () -> load("{'tasks': {'t': {" + locks + "}}}")).getMessage());
        assertEquals("f:1:2760: a task may have 64 unique timers; use one of them again",
                assertThrows(WorkloadException.class, () -> load("{'tasks': {'t': {" + timers + "}}}")).getMessage());
        final Workload large = load(tasks + "'f': {'instance': 0, 'run': 1}}}");
        assertEquals(50_000, large.tasks(1).size());
        final Workload forking = load(tasks.toString().replace("'barrier': 'b', ", "")
                + "'f': {'instance': 0, 'run': 1}}}");
        assertThrows(WorkloadException.class, () -> TinyMachine.run(forking, 1, 1_000_000));
    }

    @Test
    void aDurationIsInSecondsAndMinusOneIsNone() {
        assertEquals(2_000_000_000L, load("{'tasks': {'t': {'run': 1}}, 'global': {'duration': 2}}").durationNs());
        assertEquals(Workload.NO_DURATION, load("{'tasks': {'t': {'run': 1}}, 'global': {'duration':"
                + " -1}}").durationNs());
        assertEquals(Workload.NO_DURATION, load("{'tasks': {'t': {'run': 1}}}").durationNs());
    }
}
