package org.ghosthost.policies.edf;

import static org.ghosthost.testkit.ScriptedApplication.ms;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.ghosthost.policies.edf.release.Edf;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.testkit.ScriptedApplication;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/**
 * What each message makes of a task in each state. CPU 1 is the only one; {@code other} has it, or wants it too. A task
 * without work waits outside of the queue: it is paused.
 */
class EventTableTest {
    private static final int OTHER_ITEM = 0;

    private final ScriptedApplication app = new ScriptedApplication(new Edf(), 2);
    private final ScriptedMachine machine = app.machine();
    private final ScriptedTask other = app.enter("other", 0, ms(50));
    private final int taskItem = app.reserveItem();
    private final ScriptedTask task = machine.enter("task", false);

    private void item(boolean hasWork) {
        app.client().setItem(taskItem, new SchedItem().gtid(task.gtid()).deadlineNs(ms(60)).runnable(hasWork));
    }

    private void blocked(boolean hasWork) {
        item(hasWork);
        machine.pass();
        assertState("BLOCKED");
    }

    private void queued() {
        blocked(true);
        task.wakesDeferrable();
        machine.pass();
        assertState("QUEUED");
    }

    private void paused() {
        blocked(false);
        task.wakesDeferrable();
        machine.pass();
        assertState("QUEUED");
        other.blocks();
        assertPass("", "QUEUED");
    }

    private void onCpu() {
        queued();
        other.blocks();
        assertPass("1=task", "ON_CPU");
    }

    private String line() {
        String gtid = Gtid.toString(task.gtid()) + " ";
        return machine.dump().lines().filter(line -> line.startsWith(gtid)).findFirst().orElse("- unknown");
    }

    private void assertState(String state) {
        assertEquals(state, line().split(" ")[1], machine.dump());
    }

    private void assertPass(String decisions, String state) {
        assertEquals(decisions, machine.pass());
        assertState(state);
    }

    private void givenWork(String decisions) {
        app.client().markRunnable(taskItem, ms(70));
        assertEquals(decisions, machine.pass());
    }

    // ---- WAKEUP

    @Test
    void wakeupOfABlockedTaskWithWorkQueuesIt() {
        queued();
        other.blocks();
        assertPass("1=task", "ON_CPU");
    }

    @Test
    void wakeupOfABlockedTaskWithoutWorkPausesIt() {
        paused();
        givenWork("1=task");
    }

    // ---- BLOCKED

    @Test
    void blockedOfAPausedTask() {
        paused();
        task.claims(MessageType.TASK_BLOCKED, false);
        assertPass("", "BLOCKED");
        givenWork("");
        task.wakes();
        assertPass("1=task", "ON_CPU");
    }

    @Test
    void blockedOfAQueuedTaskTakesItOutOfTheQueue() {
        queued();
        task.claims(MessageType.TASK_BLOCKED, false);
        other.blocks();
        assertPass("", "BLOCKED");
    }

    @Test
    void blockedOfARunningTaskChargesItAndFreesItsCpu() {
        onCpu();
        task.blocks(400_000);
        other.wakes();
        assertPass("1=other", "BLOCKED");
        assertEquals("400000", line().split(" elapsed ")[1].split(" ")[0]);
    }

    // ---- PREEMPT

    @Test
    void preemptOfAPausedTaskLeavesItPaused() {
        paused();
        task.claims(MessageType.TASK_PREEMPT, true);
        assertPass("", "QUEUED");
        givenWork("1=task");
    }

    @Test
    void preemptOfAQueuedTaskMovesItBeforeTheOthers() {
        queued();
        app.enter("sooner", 0, ms(10));
        machine.pass();
        task.claims(MessageType.TASK_PREEMPT, true);
        machine.pass();
        other.blocks();
        assertPass("1=task", "ON_CPU");
    }

    @Test
    void preemptOfARunningTaskChargesItAndQueuesIt() {
        onCpu();
        other.wakes();
        task.losesCpu(300_000);
        // Both are boosted: the earlier deadline decides.
        assertPass("1=other", "QUEUED");
        assertEquals("300000", line().split(" elapsed ")[1].split(" ")[0]);
    }

    // ---- YIELD

    @Test
    void yieldOfAPausedTaskLeavesItPaused() {
        paused();
        task.claims(MessageType.TASK_YIELD, true);
        assertPass("", "QUEUED");
        givenWork("1=task");
    }

    @Test
    void yieldOfAQueuedTaskLeavesItQueued() {
        queued();
        task.claims(MessageType.TASK_YIELD, true);
        assertPass("", "QUEUED");
    }

    @Test
    void yieldOfARunningTaskLetsOthersGoFirst() {
        onCpu();
        app.client().markRunnable(OTHER_ITEM, ms(90));
        other.wakesDeferrable();
        task.yields();
        assertPass("1=other", "QUEUED");
    }

    // ---- DEPARTED, DEAD

    @Test
    void departedInEveryStateForgetsTheTask() {
        paused();
        task.departs();
        assertPass("", "unknown");
        givenWork("");
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
        assertPass("1=other", "unknown");
    }

    @Test
    void deadOfABlockedTaskForgetsIt() {
        blocked(true);
        task.dies();
        assertPass("", "unknown");
    }

    // ---- parameters

    @Test
    void aBlockedTaskOnlyRemembersWhatIsSaidOfIt() {
        blocked(false);
        givenWork("");
        other.blocks();
        task.wakes();
        assertPass("1=task", "ON_CPU");
    }

    @Test
    void aQueuedTaskThatLosesItsWorkIsPaused() {
        queued();
        app.client().markIdle(taskItem);
        machine.pass();
        other.blocks();
        assertPass("", "QUEUED");
        givenWork("1=task");
    }

    @Test
    void aQueuedTaskThatGetsOtherWorkMovesInTheQueue() {
        queued();
        app.enter("rival", 0, ms(55));
        machine.pass();
        app.client().markRunnable(taskItem, ms(52));
        machine.pass();
        other.blocks();
        assertPass("1=task", "ON_CPU");
    }

    @Test
    void aRunningTaskThatLosesItsWorkIsTakenOffItsCpu() {
        onCpu();
        app.client().markIdle(taskItem);
        machine.pass();
        assertEquals("", machine.running());
        assertPass("", "QUEUED");
    }

    @Test
    void aYieldingTaskThatLosesItsWorkIsPaused() {
        onCpu();
        task.yields();
        app.client().markIdle(taskItem);
        assertPass("", "QUEUED");
        givenWork("1=task");
    }

    @Test
    void aRunningTaskThatGetsOtherWorkRunsOn() {
        onCpu();
        app.client().markRunnable(taskItem, ms(99));
        assertPass("", "ON_CPU");
        assertEquals("1=task", machine.running());
    }
}
