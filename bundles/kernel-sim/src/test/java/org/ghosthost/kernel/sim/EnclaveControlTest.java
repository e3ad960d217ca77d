package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.INLINE;
import static org.ghosthost.kernel.sim.Lab.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelEnclave.Counter;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Making, changing and destroying enclaves, their queues, tasks and tunables; and how all that is refused. */
class EnclaveControlTest {
    private final Lab lab = new Lab(8, "0-2");

    private static Errno refused(Executable action) {
        KernelException e = assertThrows(KernelException.class, action);
        assertFalse(String.valueOf(e.getMessage()).isBlank());
        return e.errno();
    }

    @Test
    void enclavesAreDisjoint() throws KernelException {
        assertEquals(Errno.EEXIST, refused(() -> lab.kernel.createEnclave(1, CpuSet.of(5))));
        assertEquals(Errno.EBUSY, refused(() -> lab.kernel.createEnclave(2, CpuSet.of(2, 5))));
        assertEquals(Errno.EINVAL, refused(() -> lab.kernel.createEnclave(2, CpuSet.of(9))));
        assertEquals(Errno.EINVAL, refused(() -> lab.kernel.createEnclave(0, CpuSet.of(5))));
        assertEquals(Errno.EINVAL, refused(() -> lab.kernel.createEnclave(65_536, CpuSet.of(5))));
        lab.kernel.setOnline(6, false);
        assertEquals(Errno.ENODEV, refused(() -> lab.kernel.createEnclave(2, CpuSet.of(5, 6))));
        KernelEnclave other = lab.kernel.createEnclave(2, CpuSet.of(5));
        assertEquals(Errno.EBUSY, refused(() -> lab.enclave.setCpus(CpuSet.of(0, 5))));
        assertEquals(CpuSet.range(0, 2), lab.enclave.cpus());
        other.destroy();
        lab.enclave.setCpus(CpuSet.of(0, 5));
        assertEquals(CpuSet.of(0, 5), lab.enclave.cpus());
    }

    @Test
    void cpusComeAndGoAllOrNone() throws KernelException {
        for (String list : new String[] {"1-4", "0,5", "0-7", "0,2-3,6", ""}) {
            lab.enclave.setCpus(CpuSet.parse(list));
            assertEquals(list, lab.enclave.cpus().toString());
        }
        lab.enclave.setCpus(CpuSet.of(1, 2));
        lab.agent(1);
        assertEquals(Errno.EEXIST, refused(() -> lab.enclave.setCpus(CpuSet.of(2, 3))));
        assertEquals(CpuSet.of(1, 2), lab.enclave.cpus());
        lab.enclave.destroy();
        assertEquals(Errno.EXDEV, refused(() -> lab.enclave.setCpus(CpuSet.of(2))));
    }

    @Test
    void aCpuComesWithACleanSlot() throws KernelException {
        lab.enclave.table.open(4, 7, 7, 7, INLINE, 7, 7);
        lab.enclave.setCpus(CpuSet.of(4));
        assertEquals(4, lab.enclave.table.cpu(4));
        assertEquals(TransactionLayout.VERSION_NUMBER, lab.enclave.table.version(4));
        assertEquals(-1, lab.enclave.table.owner(4));
        assertEquals(TransactionState.COMPLETE.code(), lab.enclave.table.state(4));
    }

    @Test
    void aCpuThatLeavesPutsItsTaskOff() throws KernelException {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(2);
        Lab.Puppet t = lab.ghost("t").runs(10 * MS);
        lab.settle();
        lab.run(global, t, 2);
        lab.enclave.detachAgent(2);
        lab.enclave.setCpus(CpuSet.of(0, 1));
        lab.settle();
        assertEquals("NEW PREEMPT", global.log());
    }

    @Test
    void queuesHaveEverySizeThatIsAPowerOfTwo() throws KernelException {
        for (int elements = 65_536; elements > 0; elements /= 2) {
            int queue = lab.enclave.createQueue(elements);
            assertEquals(elements, lab.enclave.queues.ring(queue).elements());
        }
        for (int elements : new int[] {0, -1, 3, 65_535, 131_072}) {
            assertEquals(Errno.EINVAL, refused(() -> lab.enclave.createQueue(elements)));
        }
        assertEquals(Errno.EINVAL, refused(() -> lab.enclave.setDefaultQueue(99)));
        assertEquals(Errno.EINVAL, refused(() -> lab.enclave.configWakeup(99, 0)));
        assertEquals(Errno.EINVAL, refused(() -> lab.enclave.configWakeup(0, 8)));
    }

    @Test
    void enteringAndLeavingIsRefusedForGoodReasons() throws KernelException {
        lab.globalAgent(0);
        Lab.Puppet t = lab.fair("t");
        lab.settle();
        int pid = lab.task(t).pid;
        assertEquals(Errno.ESRCH, refused(() -> lab.enclave.enter(4_000_000)));
        assertEquals(Errno.ESRCH, refused(() -> lab.enclave.enter(0)));
        assertEquals(Errno.ESRCH, refused(() -> lab.enclave.enter(-5)));
        long agent = lab.enclave.statusWords().gtid(0);
        assertEquals(Errno.EPERM, refused(() -> lab.enclave.enter(agent)));
        assertEquals(Errno.ESRCH, refused(() -> lab.enclave.leave(pid)));
        lab.enclave.enter(pid);
        lab.enclave.enter(t.gtid);
        assertEquals(1, lab.enclave.taskCount());
        KernelEnclave other = lab.kernel.createEnclave(2, CpuSet.of(5));
        assertEquals(Errno.EBUSY, refused(() -> other.enter(pid)));
        lab.enclave.leave(pid);
        other.enter(pid);
        assertEquals(0, lab.enclave.taskCount());
        assertEquals(1, other.taskCount());
        other.destroy();
        assertEquals(Errno.EXDEV, refused(() -> other.enter(pid)));
    }

    @Test
    void aFullEnclaveTakesNobodyAndTellsSo() throws KernelException {
        Lab full = new Lab(2, "0-1", c -> c.withStatusWords(3));
        full.globalAgent(0);
        Lab.Puppet one = full.ghost("one");
        Lab.Puppet two = full.ghost("two");
        Lab.Puppet three = full.ghost("three");
        full.settle();
        assertEquals(2, full.enclave.taskCount());
        assertEquals(SchedulingClass.FAIR, full.task(three).schedulingClass);
        assertEquals(Errno.ENOMEM, refused(() -> full.enclave.enter(three.gtid)));
        int word = full.task(one).statusWord;
        full.enclave.leave(one.gtid);
        assertEquals(Errno.ENOMEM, refused(() -> full.enclave.enter(three.gtid)));
        assertEquals(0, full.enclave.freeStatusWord(word));
        full.enclave.enter(three.gtid);
        assertEquals(word, full.task(three).statusWord);
        assertTrue(full.task(two).isGhost());
    }

    @Test
    void wordsAreTakenByAMovingCursor() throws KernelException {
        lab.globalAgent(0);
        Lab.Puppet a = lab.ghost("a");
        lab.settle();
        int first = lab.task(a).statusWord;
        lab.enclave.leave(a.gtid);
        lab.enclave.freeStatusWord(first);
        lab.enclave.enter(a.gtid);
        assertNotEquals(first, lab.task(a).statusWord);
        assertEquals(-Errno.EINVAL.number(), lab.enclave.freeStatusWord(lab.task(a).statusWord));
        assertEquals(-Errno.ENOENT.number(), lab.enclave.freeStatusWord(-1));
        assertEquals(-Errno.ENOENT.number(), lab.enclave.freeStatusWord(100_000));
    }

    @Test
    void associationIsRefusedForGoodReasons() throws KernelException {
        ScriptedAgent global = lab.globalAgent(0);
        Lab.Puppet t = lab.ghost("t");
        lab.settle();
        assertEquals(-Errno.EBADF.number(), lab.enclave.associate(t.gtid, 9, 1));
        assertEquals(-Errno.ENOENT.number(), lab.enclave.associate(12345, global.queue, 1));
        assertEquals(-Errno.ESTALE.number(), lab.enclave.associate(t.gtid, global.queue, 0));
        assertEquals(KernelEnclave.ALREADY, lab.enclave.associate(t.gtid, global.queue, 1));
        int word = lab.task(t).statusWord;
        lab.enclave.leave(t.gtid);
        assertEquals(-Errno.ENOENT.number(), lab.enclave.associate(t.gtid, global.queue, 2));
        lab.enclave.enter(t.gtid);
        assertEquals(KernelEnclave.ALREADY | KernelEnclave.BRAND_NEW,
                lab.enclave.associate(t.gtid, global.queue, lab.task(t).barrier));
        lab.enclave.freeStatusWord(word);
    }

    @Test
    void tasksWithoutAQueueAreFoundInTheStatusWords() {
        Lab.Puppet t = lab.ghost("t");
        lab.settle();
        int word = lab.task(t).statusWord;
        assertTrue(lab.enclave.statusWords().isTask(word));
        assertTrue(lab.enclave.statusWords().runnable(word));
        assertEquals(1, lab.enclave.statusWords().barrier(word));
        assertEquals(t.gtid, lab.enclave.statusWords().gtid(word));
        assertEquals(-1, lab.enclave.statusWords().cpu(word));
        assertEquals(0, lab.enclave.count(Counter.MESSAGES));
    }

    @Test
    void tunablesAreZeroOrOne() throws KernelException {
        for (Tunable tunable : Tunable.values()) {
            assertEquals(0, lab.enclave.tunable(tunable));
            lab.enclave.setTunable(tunable, 17);
            assertEquals(tunable == Tunable.RUNNABLE_TIMEOUT ? 17 : 1, lab.enclave.tunable(tunable));
        }
        assertEquals(Errno.EINVAL, refused(() -> lab.enclave.setTunable(Tunable.RUNNABLE_TIMEOUT, -1)));
    }

    @Test
    void wakingOnTheWakersCpuIsATunable() {
        ScriptedAgent global = lab.globalAgent(0);
        Lab.Puppet t = lab.ghost("t");
        lab.agent(1);
        lab.settle();
        lab.run(global, t, 1);
        lab.settle();
        lab.log(global);
        lab.machine.life.wake(t.id, 5);
        lab.settle();
        assertEquals(1, global.seen.get(0).cpu());
        assertEquals(5, global.seen.get(0).wakerCpu());
        assertEquals(1, global.seen.get(0).nice()); // the CPU that it ran on last
        lab.run(global, t, 1);
        lab.settle();
        lab.set(Tunable.WAKE_ON_WAKER_CPU, 1);
        lab.log(global);
        lab.machine.life.wake(t.id, 5);
        lab.settle();
        assertEquals(5, global.seen.get(0).cpu());
        assertEquals(1, global.seen.get(0).nice());
    }

    @Test
    void theWatchdogIgnoresTasksThatSleepOrRun() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.agent(1);
        Lab.Puppet sleeper = lab.ghost("sleeper");
        Lab.Puppet runner = lab.ghost("runner").runs(1000 * MS);
        lab.settle();
        lab.run(global, sleeper, 1);
        lab.settle();
        lab.run(global, runner, 1);
        lab.set(Tunable.RUNNABLE_TIMEOUT, 10);
        lab.kernel.runFor(900 * MS);
        assertTrue(lab.enclave.alive());
        lab.wake(sleeper);
        lab.kernel.runFor(9 * MS);
        assertTrue(lab.enclave.alive());
        lab.kernel.runFor(9 * MS);
        assertFalse(lab.enclave.alive());
    }

    @Test
    void aFullQueueLosesMessagesButNoTask() throws KernelException {
        int queue = lab.enclave.createQueue(4);
        lab.enclave.setDefaultQueue(queue);
        for (int i = 0; i < 10; i++) {
            lab.ghost("t" + i);
        }
        lab.settle();
        assertEquals(4, lab.enclave.depth(queue));
        assertEquals(6, lab.enclave.count(Counter.OVERFLOWS));
        assertEquals(6, lab.enclave.count(Counter.LOST_TASKS));
        assertTrue(lab.enclave.takeResync());
        assertFalse(lab.enclave.takeResync());
        assertEquals(0, lab.enclave.count(Counter.LOST_TASKS));
        assertEquals(1, lab.enclave.count(Counter.RESYNCS));
        int tasks = 0;
        for (int i = 0; i < lab.enclave.statusWords().capacity(); i++) {
            tasks += lab.enclave.statusWords().isTask(i) ? 1 : 0;
        }
        assertEquals(10, tasks);
    }

    @Test
    void destroyingTwoHundredTimesLeaksNothing() throws KernelException {
        lab.enclave.destroy();
        for (int i = 0; i < 200; i++) {
            SimEnclave e = (SimEnclave) lab.kernel.createEnclave(1, CpuSet.range(0, 7));
            ScriptedAgent agent = ScriptedAgent.attach(e, i % 8, i % 2 == 0);
            e.setDefaultQueue(agent.queue);
            lab.kernel.spawn(Programs.ghost("t", Programs.periodic(1000, 1000, 2)), e);
            lab.kernel.runFor(10_000 + i);
            e.destroy();
        }
        lab.kernel.runFor(100 * MS);
        assertEquals(0, lab.kernel.liveTasks());
        assertTrue(lab.machine.enclaves.isEmpty());
    }

    @Test
    void closingDestroysAllEnclavesAndTheTasksGoOn() throws KernelException {
        Lab.Puppet t = lab.ghost("t").runs(MS);
        lab.kernel.createEnclave(2, CpuSet.of(5));
        lab.kernel.close();
        lab.kernel.runFor(10 * MS);
        assertEquals(Task.BLOCKED, lab.task(t).state);
        assertTrue(lab.task(t).runtime > MS);
    }

    @Test
    void anOfflineCpuIsLeftAloneAndComesBack() {
        Lab.Puppet a = lab.fair("a", 5, 6).runs(100 * MS);
        lab.settle();
        int was = lab.task(a).onCpu;
        assertTrue(lab.kernel.setOnline(was, false));
        lab.settle();
        assertEquals(11 - was, lab.task(a).onCpu);
        assertTrue(lab.kernel.setOnline(11 - was, false));
        lab.settle();
        assertTrue(lab.task(a).isOnCpu()); // somewhere, as Linux does it
        lab.agent(0);
        assertFalse(lab.kernel.setOnline(0, false));
    }
}
