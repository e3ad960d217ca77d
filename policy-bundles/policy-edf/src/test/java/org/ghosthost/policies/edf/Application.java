package org.ghosthost.policies.edf;

import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;

/** One process with a PrioTable, whose tasks say what they are about to do. */
final class Application {
    static final int TGID = 500;
    /** Work classes: QoS 0, 1, 2, each of 1 ms; and repeating work of QoS 0 each 10 ms. */
    static final int REPEATING = 3;
    static final long EXEC_NS = 1_000_000;
    static final long PERIOD_NS = 10_000_000;

    final ScriptedMachine machine;
    final PrioTable table = PrioTable.create(32, 4, 11);
    final PrioTableClient client = new PrioTableClient(table);
    private int items;

    Application(PolicyFactory policy, int cpus) {
        machine = ScriptedMachine.of(policy, PolicyModel.GLOBAL, cpus);
        for (int qos = 0; qos < REPEATING; qos++) {
            client.setWorkClass(qos, new WorkClass().flags(PrioTableLayout.CLASS_ONE_SHOT).qos(qos)
                    .execTimeNs(EXEC_NS));
        }
        client.setWorkClass(REPEATING, new WorkClass().flags(PrioTableLayout.CLASS_REPEATING).execTimeNs(EXEC_NS)
                .periodNs(PERIOD_NS));
        machine.prioTable(TGID, table);
        machine.process(TGID);
    }

    /** A task that can run and has work of this class until the deadline. Items are given in the order of entry. */
    ScriptedTask enter(String name, int workClass, long deadlineNs) {
        return enter(name, workClass, deadlineNs, true);
    }

    /** A task that can run, but has no work yet. */
    ScriptedTask enterIdle(String name, int workClass) {
        return enter(name, workClass, SchedItem.NO_DEADLINE, false);
    }

    private ScriptedTask enter(String name, int workClass, long deadlineNs, boolean hasWork) {
        ScriptedTask task = machine.enter(name);
        client.setItem(items++, new SchedItem().gtid(task.gtid()).workClass(workClass).deadlineNs(deadlineNs)
                .runnable(hasWork));
        return task;
    }

    /** Leaves out an item, for the test to write. */
    int reserveItem() {
        return items++;
    }

    /** Time in so many ms from the start. */
    static long ms(long ms) {
        return ms * 1_000_000;
    }
}
