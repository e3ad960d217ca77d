package org.ghosthost.kernel.sim;

import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.WorkClass;
import org.jspecify.annotations.Nullable;

/** The PrioTables of the processes, written as their tasks say. An agent that polls sees each change at once. */
final class PrioTables {
    /** The capacity that ghOSt's own clients use. */
    private static final int STREAM_CAPACITY = 83;

    private final SchedItem item = new SchedItem();

    /** The table of a process; null if it has no work classes. */
    static @Nullable PrioTable create(ProcessSpec spec) {
        if (spec.workClasses().isEmpty() || spec.maxItems() == 0) {
            return null;
        }
        PrioTable table = PrioTable.create(spec.maxItems(), spec.workClasses().size(), STREAM_CAPACITY);
        PrioTableClient client = new PrioTableClient(table);
        for (int id = 0; id < spec.workClasses().size(); id++) {
            WorkClass from = spec.workClasses().get(id);
            client.setWorkClass(
                    id,
                    new org.ghosthost.policy.priotable.WorkClass()
                            .flags(flags(from.repeating()))
                            .qos(from.qos())
                            .execTimeNs(from.execNs())
                            .periodNs(from.periodNs()));
        }
        return table;
    }

    private static int flags(boolean repeating) {
        return repeating
                ? org.ghosthost.policy.priotable.PrioTableLayout.CLASS_REPEATING
                : org.ghosthost.policy.priotable.PrioTableLayout.CLASS_ONE_SHOT;
    }

    /** A task with a hint gets an item, if its process has one left. */
    void add(Task t, @Nullable PrioHint hint) {
        PrioTableClient client = t.process.prioClient;
        if (hint == null || client == null) {
            return;
        }
        t.prioItem = t.process.takeItem();
        if (t.prioItem >= 0) {
            boolean none = hint.deadlineNs() == SchedItem.NO_DEADLINE;
            item.workClass(hint.workClass())
                    .gtid(t.gtid)
                    .flags(0)
                    .runnable(hint.runnable())
                    .deadlineNs(none ? SchedItem.NO_DEADLINE : t.startedNs + hint.deadlineNs());
            client.setItem(t.prioItem, item);
            changed(t);
        }
    }

    void remove(Task t) {
        PrioTableClient client = t.process.prioClient;
        if (t.prioItem >= 0 && client != null) {
            client.setItem(t.prioItem, item.workClass(0).gtid(0).flags(0).deadlineNs(SchedItem.NO_DEADLINE));
            t.process.giveItem(t.prioItem);
            t.prioItem = -1;
            changed(t);
        }
    }

    void markRunnable(@Nullable Task t, long deadlineNs) {
        PrioTableClient client = t == null ? null : t.process.prioClient;
        if (t != null && t.prioItem >= 0 && client != null) {
            client.markRunnable(t.prioItem, deadlineNs);
            changed(t);
        }
    }

    void markIdle(Task t) {
        PrioTableClient client = t.process.prioClient;
        if (t.prioItem >= 0 && client != null) {
            client.markIdle(t.prioItem);
            changed(t);
        }
    }

    void setWorkClass(Task t, int workClass) {
        PrioTableClient client = t.process.prioClient;
        if (t.prioItem >= 0 && client != null) {
            client.setItemWorkClass(t.prioItem, workClass);
            changed(t);
        }
    }

    /** The table is shared memory: who spins sees it. An agent that sleeps is woken by the client's library. */
    private static void changed(Task t) {
        SimEnclave e = t.process.home;
        if (e != null && e.alive) {
            e.prioTableChanged();
        }
    }
}
