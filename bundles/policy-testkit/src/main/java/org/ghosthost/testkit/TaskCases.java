package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Threads: how they enter and leave, what they inherit, what of them can be asked and set. */
public abstract class TaskCases extends KernelCases {
    /** Cases on one machine. */
    protected TaskCases() {}

    /** The kernel's list of versions has no counterpart; the version stands in each slot. */
    @Test
    @DisplayName("ApiTest.CheckVersion")
    final void theKernelSideSpeaksTheVersionThatAgentsKnow() {
        KernelEnclave enclave = enclave(kernel.topology().allCpus());
        kernel.topology().allCpus().forEach(cpu ->
                assertEquals(TransactionLayout.VERSION_NUMBER, enclave.transactions().version(cpu)));
        assertFalse(kernel.name().isBlank());
    }

    @Test
    @DisplayName("ApiTest.SchedGetAffinity")
    final void theCpusThatWereSetAreTheCpusThatAreRead() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal narrowed = new Signal();
        Signal read = new Signal();
        TestThread thread = machine.start("narrow",
                ThreadScript.EMPTY.sleep(MS).affinity(CpuSet.of(cpu(1))).raise(narrowed).spinUntil(read)
                        .affinity(cpus(2)).sleep(MS));
        enter(enclave, thread);
        eventually("the thread has narrowed itself", narrowed::isRaised);
        CpuSet cpus = new CpuSet();
        long gtid = agent.log(thread.tid()).getFirst().gtid();
        eventually("the kernel side knows", () -> control(() -> enclave.affinity(gtid, cpus))
                && cpus.equals(CpuSet.of(cpu(1))));
        eventually("the agent is told", () -> agent.saw(MessageType.TASK_AFFINITY_CHANGED, thread.tid()));
        read.raise();
        join(List.of(thread));
        eventually("its end is told", () -> agent.taskCount() == 0);
        CpuSet untouched = CpuSet.of(cpu(0));
        assertFalse(control(() -> enclave.affinity(gtid, untouched)), "a task that is gone has no CPUs");
        assertEquals(CpuSet.of(cpu(0)), untouched);
    }

    @Test
    @DisplayName("ApiTest.GhostCloneGhost")
    final void theChildOfATaskIsBornIntoTheEnclave() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal born = new Signal();
        ThreadScript child = ThreadScript.EMPTY.run(10 * US).raise(born).sleep(MS).run(10 * US);
        TestThread parent = machine.start("parent",
                ThreadScript.EMPTY.sleep(MS).run(10 * US).fork("child", child).sleep(2 * MS));
        enter(enclave, parent);
        eventually("the child runs", born::isRaised);
        eventually("both are gone", () -> parent.ended() && agent.taskCount() == 0);
        List<SeenMessage> log = agent.log();
        MessageOrder.check(log);
        long parentGtid = agent.log(parent.tid()).getFirst().gtid();
        List<SeenMessage> births = log.stream().filter(message -> message.type() == MessageType.TASK_NEW).toList();
        assertEquals(2, births.size(), births.toString());
        assertEquals(0, births.getFirst().data(), "nobody in the enclave bore the parent");
        assertEquals(parentGtid, births.getLast().data());
        assertEquals(2, enclave.count(KernelEnclave.Counter.DIED));
    }

    @Test
    @DisplayName("ApiTest.SchedEnterGhostGtid")
    final void aThreadEntersByItsGtidAsByItsNumber() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal enough = new Signal();
        TestThread thread = machine.start("twice", ThreadScript.EMPTY.spinUntil(enough));
        enter(enclave, thread);
        eventually("it is announced", () -> agent.saw(MessageType.TASK_NEW, thread.tid()));
        long gtid = agent.log(thread.tid()).getFirst().gtid();
        assertEquals(thread.tid(), Gtid.pid(gtid));
        enter(enclave, thread); // it is in it already: fine
        control(() -> enclave.leave(thread.tid()));
        eventually("it has departed", () -> agent.saw(MessageType.TASK_DEPARTED, thread.tid()));
        awaitTasks(enclave, 0);
        control(() -> enclave.enter(gtid));
        awaitTasks(enclave, 1);
        refused(() -> enclave.enter(Gtid.of(thread.tid(), (gtid & ((1L << Gtid.GENERATION_BITS) - 1)) + 1)),
                Errno.ESRCH);
        enough.raise();
        join(List.of(thread));
        eventually("its end is told", () -> agent.taskCount() == 0);
        MessageOrder.check(agent.log());
    }

    /**
     * ghOSt refuses the class to a thread that comes by {@code sched_setscheduler} instead of through an enclave. A
     * kernel may grant the class here, but nobody is in an enclave that was not brought in.
     */
    @Test
    @DisplayName("ApiTest.EnteringGhostViaSetSchedulerReturnsBadFdError")
    final void aThreadThatAsksForTheClassByItselfIsInNoEnclave() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal asked = new Signal();
        Signal enough = new Signal();
        TestThread thread = machine.start("uninvited",
                ThreadScript.EMPTY.askForClass().raise(asked).spinUntil(enough));
        eventually("it has asked", asked::isRaised);
        machine.runFor(MS);
        assertEquals(0, enclave.taskCount());
        assertEquals(0, enclave.count(KernelEnclave.Counter.ENTERED));
        assertTrue(agent.log(thread.tid()).isEmpty());
        enough.raise();
        join(List.of(thread));
        refused(() -> enclave.enter(thread.tid()), Errno.ESRCH);
        refused(() -> enclave.enter(-5), Errno.ESRCH, Errno.EINVAL);
    }

    @Test
    @DisplayName("ApiTest.GhostTaskPriorityViaGetSetPriority")
    final void theNiceValueIsToldInNewAndWithEachChange() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal nice = new Signal();
        Signal go = new Signal();
        TestThread thread = machine.start("nice",
                ThreadScript.EMPTY.nice(1).raise(nice).spinUntil(go).nice(2).run(10 * US));
        eventually("it is nice", nice::isRaised);
        enter(enclave, thread);
        eventually("it is announced", () -> agent.saw(MessageType.TASK_NEW, thread.tid()));
        go.raise();
        join(List.of(thread));
        eventually("its end is told", () -> agent.saw(MessageType.TASK_DEAD, thread.tid()));
        List<SeenMessage> log = agent.log(thread.tid());
        MessageOrder.check(log);
        assertEquals(1, log.getFirst().nice());
        List<SeenMessage> told = log.stream().filter(message -> message.type() == MessageType.TASK_NEW
                || message.type() == MessageType.TASK_PRIORITY_CHANGED
                || message.type() == MessageType.TASK_DEAD).toList();
        assertEquals(List.of(MessageType.TASK_NEW, MessageType.TASK_PRIORITY_CHANGED, MessageType.TASK_DEAD),
                told.stream().map(SeenMessage::type).toList());
        assertEquals(2, told.get(1).nice());
    }

    /** The seam has one nice value however it is set; it is read from the status word. */
    @Test
    @DisplayName("ApiTest.GhostTaskPriorityViaSchedGetSetAttr")
    final void theNiceValueStandsInTheStatusWordAndTheTaskStaysInTheEnclave() {
        needsCpus(2);
        KernelEnclave enclave = enclave(2);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal[] told = {new Signal(), new Signal()};
        Signal[] read = {new Signal(), new Signal()};
        TestThread thread = machine.start("attr", ThreadScript.EMPTY.nice(-3).sleep(MS)
                .raise(told[0]).spinUntil(read[0]).nice(2).raise(told[1]).spinUntil(read[1]));
        enter(enclave, thread);
        eventually("it runs in the enclave", told[0]::isRaised);
        int word = agent.log(thread.tid()).getFirst().statusWord();
        assertEquals(-3, enclave.statusWords().nice(word));
        read[0].raise();
        eventually("it runs with its new nice value", told[1]::isRaised);
        eventually("the status word says so", () -> enclave.statusWords().nice(word) == 2);
        assertTrue(enclave.statusWords().isTask(word));
        assertEquals(1, enclave.taskCount());
        read[1].raise();
        join(List.of(thread));
        eventually("its end is told", () -> agent.taskCount() == 0);
        MessageOrder.check(agent.log());
    }
}
