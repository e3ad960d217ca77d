package org.ghosthost.testkit;

import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;

/** One process with a PrioTable, whose tasks say what they are about to do; on a {@link ScriptedMachine}. */
public final class ScriptedApplication {
    /** The process. */
    public static final int TGID = 500;

    /** Work class of repeating work of QoS 0, each {@link #PERIOD_NS}; the classes below have this number as QoS. */
    public static final int REPEATING = 3;
    /** Expected time of each piece of work, ns. */
    public static final long EXEC_NS = 1_000_000;
    /** Time between two pieces of repeating work, ns. */
    public static final long PERIOD_NS = 10_000_000;

    private final ScriptedMachine machine;
    private final PrioTable table = PrioTable.create(32, 4, 11);
    private final PrioTableClient client = new PrioTableClient(table);
    private int items;

    /** The process on a machine of its own, under this policy, which must be a global one. */
    public ScriptedApplication(PolicyFactory policy, int cpus) {
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

    /** The machine. */
    public ScriptedMachine machine() {
        return machine;
    }

    /** The table, as the policy has it. */
    public PrioTable table() {
        return table;
    }

    /** The application's side of the table. */
    public PrioTableClient client() {
        return client;
    }

    /** A task that can run and has work of this class until the deadline. Items are given in the order of entry. */
    public ScriptedTask enter(String name, int workClass, long deadlineNs) {
        return enter(name, workClass, deadlineNs, true);
    }

    /** A task that can run, but has no work yet. */
    public ScriptedTask enterIdle(String name, int workClass) {
        return enter(name, workClass, SchedItem.NO_DEADLINE, false);
    }

    private ScriptedTask enter(String name, int workClass, long deadlineNs, boolean hasWork) {
        ScriptedTask task = machine.enter(name);
        client.setItem(items++, new SchedItem().gtid(task.gtid()).workClass(workClass).deadlineNs(deadlineNs)
                .runnable(hasWork));
        return task;
    }

    /** Leaves out an item, for the test to write. */
    public int reserveItem() {
        return items++;
    }

    /** Time in so many ms from the start. */
    public static long ms(long ms) {
        return ms * 1_000_000;
    }
}
