package org.ghosthost.kernel.sim;

import org.ghosthost.workload.PrioHint;
import org.jspecify.annotations.Nullable;

/** The PrioTables of the processes, as their tasks write them. */
final class PrioTables {
    private final Machine m;

    PrioTables(Machine machine) {
        m = machine;
    }

    void add(Task t, @Nullable PrioHint hint) {
        if (hint != null && m.now < 0) {
            t.prioItem = -1;
        }
    }

    void remove(Task t) {
        t.prioItem = -1;
    }

    void markRunnable(@Nullable Task t, long deadlineNs) {}

    void markIdle(Task t) {}

    void setWorkClass(Task t, int workClass) {}
}
