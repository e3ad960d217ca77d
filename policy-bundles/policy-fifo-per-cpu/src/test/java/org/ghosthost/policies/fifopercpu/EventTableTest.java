package org.ghosthost.policies.fifopercpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/**
 * What each message makes of a task in each state. CPU 0 is the only one; {@code other} has it, or wants it too. A
 * message that ought not to come in a state means that one was missed: it says how things are, and counts.
 */
class EventTableTest {
    private final ScriptedMachine machine = ScriptedMachine.of(new FifoPerCpu(), PolicyModel.PER_CPU, 1);
    private final ScriptedTask other = machine.enter("other");
    private final ScriptedTask task = machine.enter("task", false);

    private void blocked() {
        machine.pass();
        assertState("BLOCKED");
    }

    private void queued() {
        blocked();
        task.wakesDeferrable();
        machine.pass();
        assertState("QUEUED");
    }

    private void onCpu() {
        queued();
        other.blocks();
        assertEquals("0=task", machine.pass());
        assertState("ON_CPU");
    }

    private void assertState(String state) {
        machine.deliverOutcomes(); // the agent hears of a decision for its own CPU when it runs again
        String gtid = Gtid.toString(task.gtid());
        String found = machine.dump().lines()
                .filter(line -> line.startsWith(gtid)).map(line -> line.split(" ")[1]).findFirst().orElse("unknown");
        assertEquals(state, found);
    }

    private void assertPass(String decisions, String state) {
        assertEquals(decisions, machine.pass());
        assertState(state);
    }

    // ---- WAKEUP

    @Test
    void wakeupOfABlockedTaskQueuesIt() {
        queued();
    }

    @Test
    void wakeupOfAQueuedTaskChangesNothing() {
        queued();
        task.claims(MessageType.TASK_WAKEUP, true);
        assertPass("", "QUEUED");
    }

    @Test
    void wakeupOfARunningTaskMeansThatItStoppedUnseen() {
        onCpu();
        task.claims(MessageType.TASK_WAKEUP, true);
        assertPass("0=task", "ON_CPU");
    }

    @Test
    void wakeupOfAYieldingTaskChangesNothing() {
        onCpu();
        machine.enter("third");
        task.yields();
        task.claims(MessageType.TASK_WAKEUP, true);
        assertPass("0=third", "QUEUED");
    }

    // ---- BLOCKED

    @Test
    void blockedOfARunningTaskFreesItsCpu() {
        onCpu();
        other.wakes();
        task.blocks();
        assertPass("0=other", "BLOCKED");
    }

    @Test
    void blockedOfAQueuedTaskTakesItOutOfTheQueue() {
        queued();
        task.claims(MessageType.TASK_BLOCKED, false);
        assertPass("", "BLOCKED");
        other.blocks();
        assertPass("", "BLOCKED");
    }

    @Test
    void blockedOfABlockedTaskChangesNothing() {
        blocked();
        task.claims(MessageType.TASK_BLOCKED, false);
        assertPass("", "BLOCKED");
    }

    @Test
    void blockedOfAYieldingTaskEndsTheYield() {
        onCpu();
        task.yields();
        task.claims(MessageType.TASK_BLOCKED, false);
        assertPass("", "BLOCKED");
    }

    // ---- PREEMPT

    @Test
    void preemptOfARunningTaskQueuesItAtTheFront() {
        onCpu();
        machine.enter("third");
        task.losesCpu();
        assertPass("0=task", "ON_CPU");
    }

    @Test
    void preemptOfAQueuedTaskKeepsItsPlace() {
        blocked();
        machine.enter("before");
        machine.pass();
        task.wakesDeferrable();
        machine.pass();
        task.claims(MessageType.TASK_PREEMPT, true);
        machine.pass();
        other.blocks();
        assertPass("0=before", "QUEUED");
    }

    @Test
    void preemptOfABlockedTaskQueuesIt() {
        blocked();
        task.claims(MessageType.TASK_PREEMPT, true);
        assertPass("", "QUEUED");
    }

    @Test
    void preemptOfAYieldingTaskChangesNothing() {
        onCpu();
        machine.enter("third");
        task.yields();
        task.claims(MessageType.TASK_PREEMPT, true);
        assertPass("0=third", "QUEUED");
    }

    // ---- YIELD

    @Test
    void yieldOfARunningTaskPutsItBehindAll() {
        onCpu();
        task.yields();
        machine.enter("third");
        assertPass("0=third", "QUEUED");
    }

    @Test
    void yieldOfAQueuedTaskKeepsItsPlace() {
        queued();
        machine.enter("behind");
        machine.pass();
        task.claims(MessageType.TASK_YIELD, true);
        machine.pass();
        other.blocks();
        assertPass("0=task", "ON_CPU");
    }

    @Test
    void yieldOfABlockedTaskMakesItWait() {
        blocked();
        task.claims(MessageType.TASK_YIELD, true);
        assertPass("", "QUEUED");
    }

    // ---- DEPARTED

    @Test
    void departedOfABlockedTaskForgetsIt() {
        blocked();
        task.departs();
        assertPass("", "unknown");
    }

    @Test
    void departedOfAQueuedTaskTakesItOutOfTheQueue() {
        queued();
        task.departs();
        other.blocks();
        assertPass("", "unknown");
    }

    @Test
    void departedOfARunningTaskFreesItsCpu() {
        onCpu();
        task.departs();
        other.wakes();
        assertPass("0=other", "unknown");
    }

    @Test
    void departedOfAYieldingTaskForgetsIt() {
        onCpu();
        task.yields();
        task.departs();
        assertPass("", "unknown");
    }

    // ---- DEAD

    @Test
    void deadOfABlockedTaskForgetsIt() {
        blocked();
        task.dies();
        assertPass("", "unknown");
    }

    @Test
    void deadOfAQueuedTaskTakesItOutOfTheQueue() {
        queued();
        task.claims(MessageType.TASK_DEAD, false);
        other.blocks();
        assertPass("", "unknown");
    }

    @Test
    void deadOfARunningTaskFreesItsCpu() {
        onCpu();
        task.claims(MessageType.TASK_DEAD, false);
        other.wakes();
        assertPass("0=other", "unknown");
    }

    // ---- SWITCHTO

    @Test
    void switchtoOfARunningTaskBlocksIt() {
        onCpu();
        task.switches();
        assertPass("", "BLOCKED");
    }

    @Test
    void theLastOfAChainThatLosesTheCpuWaits() {
        onCpu();
        task.switches();
        other.losesCpuAtEndOfChain(0);
        assertPass("0=other", "BLOCKED");
    }

    @Test
    void theLastOfAChainThatBlocksIsBlocked() {
        onCpu();
        task.switches();
        other.blocksAtEndOfChain(0);
        machine.enter("third");
        assertPass("0=third", "BLOCKED");
    }
}
