package org.ghosthost.policy.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class PrioTableAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP_ROUNDS = 20_000;
    private static final int ROUNDS = 100_000;

    private final PrioTable table = PrioTable.create(1_000, 3, 83);
    private final PrioTableClient client = new PrioTableClient(table);
    private final UpdateReader reader = table.newReader();
    private final UpdateReader slowReader = table.newReader();
    private final SchedItem item = new SchedItem();
    private final WorkClass workClass = new WorkClass();

    @Test
    void neitherSideAllocates() {
        long sum = rounds(WARM_UP_ROUNDS);
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        sum += rounds(ROUNDS);
        final long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertEquals(0, allocated, "bytes in " + ROUNDS + " rounds");
        assertTrue(sum != 0);
    }

    private long rounds(final int rounds) {
        long sum = 0;
        for (int round = 0; round < rounds; round++) {
            final int sid = round % 1_000;
            client.markRunnable(sid, round);
            client.setItem(sid, item.workClass(sid % 3).runnable(true).deadlineNs(round));
            client.markUpdated(sid, 0);
            client.markIdle(sid);
            int index = reader.nextUpdatedIndex();
            while (index >= 0) {
                sum += table.readItem(index, item).ordinal() + item.deadlineNs();
                table.readWorkClass(item.workClass(), workClass);
                sum += workClass.qos();
                index = reader.nextUpdatedIndex();
            }
            table.setRunnable(sid);
            sum += round % 64 == 0 ? slowReader.nextUpdatedIndex() : 0;
        }
        return sum;
    }
}
