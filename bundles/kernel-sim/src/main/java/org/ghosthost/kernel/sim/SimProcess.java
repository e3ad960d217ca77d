package org.ghosthost.kernel.sim;

import org.ghosthost.policy.priotable.PrioTable;
import org.jspecify.annotations.Nullable;

/** A process: what its tasks share. */
final class SimProcess {
    final int tgid;
    final String name;

    /** Where tasks of the ghost class go; null = nowhere, they are fair. */
    final @Nullable SimEnclave home;

    final @Nullable PrioTable prioTable;

    SimProcess(int tgid, String name, @Nullable SimEnclave home, @Nullable PrioTable prioTable) {
        this.tgid = tgid;
        this.name = name;
        this.home = home;
        this.prioTable = prioTable;
    }
}
