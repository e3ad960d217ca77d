package org.ghosthost.policies.edf.deadline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What release 1.1.0 does differently. CPU 0 is the global agent's. */
class EdfDeadlineTest {
    private static final int TGID = 500;

    private final ScriptedMachine machine = ScriptedMachine.of(new EdfDeadline(), PolicyModel.GLOBAL, 3);
    private final PrioTableClient client = new PrioTableClient(PrioTable.create(16, 2, 11));
    private int items;

    @BeforeEach
    void twoLevels() {
        for (int qos = 0; qos < 2; qos++) {
            client.setWorkClass(qos, new WorkClass().flags(PrioTableLayout.CLASS_ONE_SHOT).qos(qos).execTimeNs(1000));
        }
        machine.process(TGID);
        machine.prioTable(TGID, client.table());
    }

    private void enter(String name, int qos, long deadlineMs) {
        client.setItem(items++, item(machine.enter(name), qos, deadlineMs));
    }

    private static SchedItem item(ScriptedTask task, int qos, long deadlineMs) {
        return new SchedItem().gtid(task.gtid()).workClass(qos).runnable(true).deadlineNs(deadlineMs * 1_000_000);
    }

    @Test
    void theLatestDeadlineOfTheLevelGivesWay() {
        enter("A", 0, 30);
        enter("B", 0, 40);
        assertEquals("1=A 2=B", machine.pass());
        enter("C", 0, 20);
        assertEquals("2=C", machine.pass());
        ScriptedTask d = machine.enter("D", false);
        client.setItem(items++, item(d, 0, 25));
        machine.pass();
        d.wakes();
        assertEquals("1=D", machine.pass());
        assertEquals("", machine.pass());
        assertEquals("1=D 2=C", machine.running());
    }

    @Test
    void anEqualDeadlineDoesNot() {
        enter("A", 0, 30);
        enter("B", 0, 30);
        machine.pass();
        enter("C", 0, 30);
        assertEquals("", machine.pass());
    }

    @Test
    void anEarlierDeadlineOfALowerLevelDoesNot() {
        enter("A", 1, 30);
        enter("B", 1, 30);
        machine.pass();
        enter("C", 0, 10);
        assertEquals("", machine.pass());
    }

    @Test
    void aLowerLevelGivesWayBeforeALaterDeadline() {
        enter("A", 1, 90);
        enter("B", 0, 10);
        assertEquals("1=A 2=B", machine.pass());
        enter("C", 1, 20);
        assertEquals("2=C", machine.pass());
    }
}
