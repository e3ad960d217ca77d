package org.ghosthost.kernel.sim;

import java.util.Arrays;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.jspecify.annotations.Nullable;

/** A process: what its tasks share. */
final class SimProcess {
    final int tgid;
    final String name;

    /** Where tasks of the ghost class go; null = nowhere, they are fair. */
    final @Nullable SimEnclave home;

    /** The agents' side of its PrioTable. */
    final @Nullable PrioTable prioTable;
    /** Its own side. */
    final @Nullable PrioTableClient prioClient;

    private int[] freeItems = new int[0];
    private int freeCount;
    private int usedItems;

    SimProcess(int tgid, String name, @Nullable SimEnclave home, @Nullable PrioTable prioTable) {
        this.tgid = tgid;
        this.name = name;
        this.home = home;
        this.prioTable = prioTable;
        prioClient = prioTable == null ? null : new PrioTableClient(prioTable);
    }

    /** An item of the PrioTable that nobody has; -1 if there is none. */
    int takeItem() {
        if (freeCount > 0) {
            return freeItems[--freeCount];
        }
        PrioTable table = prioTable;
        return table != null && usedItems < table.itemCount() ? usedItems++ : -1;
    }

    void giveItem(int item) {
        if (freeCount == freeItems.length) {
            freeItems = Arrays.copyOf(freeItems, freeCount * 2 + 8);
        }
        freeItems[freeCount++] = item;
    }
}
