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
    private static final int WINDOWS = 20;

    private final PrioTable table = PrioTable.create(1_000, 3, 83);
    private final PrioTableClient client = new PrioTableClient(table);
    private final UpdateReader reader = table.newReader();
    private final UpdateReader slowReader = table.newReader();
    private final SchedItem item = new SchedItem();
    private final WorkClass workClass = new WorkClass();
    private long sum;

    @Test
    void neitherSideAllocates() {
        rounds(WARM_UP_ROUNDS);
        assertEquals(0, leastAllocated(() -> sum += rounds(ROUNDS)), "bytes in " + ROUNDS + " rounds");
        assertTrue(sum != 0);
    }

    /**
     * Returns the bytes that this thread allocated in the best of several equal windows. What the code allocates is in
     * each of them. What is not: HotSpot makes all string literals of a class, those of its error messages too, in the
     * thread that first asks C2 to compile one of its methods.
     */
    private static long leastAllocated(final Runnable window) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WINDOWS && least > 0; i++) {
            final long before = THREADS.getCurrentThreadAllocatedBytes();
            window.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private long rounds(final int rounds) {
        long total = 0;
        for (int round = 0; round < rounds; round++) {
            final int sid = round % 1_000;
            client.markRunnable(sid, round);
            client.setItem(sid, item.workClass(sid % 3).runnable(true).deadlineNs(round));
            total += drain();
            client.markIdle(sid);
            // Now and then one hint too many for the entry: the stream overflows.
            client.markUpdated(sid, round % 10 == 0 ? 0 : 3);
            total += drain();
            table.setRunnable(sid);
            total += round % 64 == 0 ? slowReader.nextUpdatedIndex() : 0;
        }
        return total;
    }

    private long drain() {
        long total = 0;
        int index = reader.nextUpdatedIndex();
        while (index != PrioTable.NO_ENTRIES) {
            final int sid = Math.max(index, 0);
            total += table.readItem(sid, item).ordinal() + item.deadlineNs() + table.seqcount(sid);
            table.readWorkClass(item.workClass(), workClass);
            total += workClass.qos();
            index = reader.nextUpdatedIndex();
        }
        return total;
    }
}
