package org.ghosthost.policy.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.ghosthost.policy.priotable.PrioTable.ReadResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class PrioTableStressTest {
    private static final int WRITERS = 10;
    private static final int ROUNDS = 1_000;

    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private List<Thread> startWriters(final int count, final IntConsumer body) {
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int writer = i;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    body.accept(writer);
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        return threads;
    }

    private static boolean anyAlive(final List<Thread> threads) {
        return threads.stream().anyMatch(Thread::isAlive);
    }

    @Test
    @DisplayName("PrioTableTest.StressThreads")
    void everyMarkOfTenThreadsOnOneItemYieldsOneHint() {
        // With many more entries than marks on their way, no mark meets only entries that are taken. (With as many
        // entries as marks it may: the entry that becomes free can be one that was tried before.)
        final PrioTable table = PrioTable.create(1, 1, 97);
        final PrioTableClient client = new PrioTableClient(table);
        final UpdateReader reader = table.newReader();
        final Semaphore onTheirWay = new Semaphore(WRITERS);
        final List<Thread> writers = startWriters(WRITERS, _ -> {
            for (int round = 0; round < ROUNDS; round++) {
                onTheirWay.acquireUninterruptibly();
                client.markUpdated(0, 96);
            }
        });
        int taken = 0;
        boolean last = false;
        while (!last) {
            last = !anyAlive(writers);
            for (int index = reader.nextUpdatedIndex(); index != PrioTable.NO_ENTRIES;
                    index = reader.nextUpdatedIndex()) {
                assertEquals(0, index);
                taken++;
                onTheirWay.release();
            }
        }
        assertNull(failure.get());
        assertEquals(WRITERS * ROUNDS, taken);
    }

    @Test
    void twoWritersThatWantTheSameEntryBothGetOne() {
        final PrioTable table = PrioTable.create(20, 1, 19);
        final PrioTableClient client = new PrioTableClient(table);
        final UpdateReader reader = table.newReader();
        final AtomicInteger begun = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();
        // Items 0 and 19 have the same first entry.
        final List<Thread> writers = startWriters(1, _ -> {
            for (int round = 1; awaitAtLeast(begun, round) == round; round++) {
                client.markUpdated(19, 18);
                done.set(round);
            }
        });
        final long endNs = System.nanoTime() + 300_000_000L;
        int round = 0;
        while (System.nanoTime() < endNs) {
            begun.set(++round);
            // The other one learns of the round a little later; how much is tried out.
            for (int i = round % 400; i > 0; i--) {
                begun.get();
            }
            client.markUpdated(0, 18);
            awaitAtLeast(done, round);
            assertEquals(19, reader.nextUpdatedIndex() + reader.nextUpdatedIndex(), "round " + round);
            assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        }
        begun.set(Integer.MAX_VALUE);
        assertNull(failure.get());
        assertEquals(1, writers.size());
    }

    private static int awaitAtLeast(final AtomicInteger counter, final int value) {
        for (int spin = 0; counter.get() < value; spin++) {
            if (spin % 1_000 == 999) {
                Thread.yield();
            }
        }
        return counter.get();
    }

    @Test
    @DisplayName("PrioTableTest.StressOrdering")
    void whoSeesAHintSeesWhatWasWrittenBeforeIt() {
        final PrioTable table = PrioTable.create(64, 1, 83);
        final PrioTableClient client = new PrioTableClient(table);
        final UpdateReader reader = table.newReader();
        final long[] written = new long[64 * 8];
        final long[] seen = new long[64];
        final List<Thread> writers = startWriters(2, writer -> {
            for (int round = 1; round <= 20_000; round++) {
                for (int sid = writer; sid < 4; sid += 2) {
                    // Plain stores: only the hint makes them visible.
                    written[sid * 8]++;
                    client.markUpdated(sid, 3);
                }
            }
        });
        while (anyAlive(writers)) {
            take(reader, written, seen);
        }
        take(reader, written, seen);
        assertNull(failure.get());
        for (int sid = 0; sid < 4; sid++) {
            assertEquals(20_000, seen[sid], "item " + sid);
        }
    }

    /** Takes all hints; a scan stands for a hint of each item. */
    private static void take(final UpdateReader reader, final long[] written, final long[] seen) {
        int index = reader.nextUpdatedIndex();
        while (index != PrioTable.NO_ENTRIES) {
            final int first = index == PrioTable.OVERFLOW ? 0 : index;
            final int last = index == PrioTable.OVERFLOW ? 3 : index;
            for (int sid = first; sid <= last; sid++) {
                assertTrue(written[sid * 8] >= seen[sid]);
                seen[sid] = written[sid * 8];
            }
            index = reader.nextUpdatedIndex();
        }
    }

    @Test
    void noReadThatCountsAsWholeIsTorn() {
        final PrioTable table = PrioTable.create(1, 128, 83);
        final PrioTableClient client = new PrioTableClient(table);
        client.setItem(0, new SchedItem().deadlineNs(0));
        final AtomicBoolean stop = new AtomicBoolean();
        final List<Thread> writers = startWriters(2, writer -> {
            final SchedItem item = new SchedItem();
            for (int value = writer; !stop.get(); value = (value + 7) % 128) {
                client.setItem(0, item.workClass(value).gtid(value).deadlineNs(value).flags(value));
            }
        });
        final SchedItem copy = new SchedItem();
        int whole = 0;
        int torn = 0;
        while (failure.get() == null && (whole < 200_000 || torn < 1_000)) {
            if (table.readItem(0, copy) == ReadResult.READ) {
                whole++;
                assertTrue(copy.workClass() == copy.flags() && copy.workClass() == copy.gtid()
                        && copy.workClass() == copy.deadlineNs() && (copy.seqcount() & 1) == 0, copy::toString);
            } else {
                torn++;
            }
        }
        stop.set(true);
        assertNull(failure.get());
        assertEquals(2, writers.size());
    }

    @Test
    void noChangeGoesUnseenWhateverTheInterleaving() {
        final int items = 500;
        final PrioTable table = PrioTable.create(items, 1, 11);
        final PrioTableClient client = new PrioTableClient(table);
        final UpdateReader reader = table.newReader();
        final List<Thread> writers = startWriters(3, writer -> {
            for (int round = 1; round <= 100; round++) {
                for (int sid = writer; sid < items; sid += 3) {
                    client.setDeadline(sid, round);
                }
            }
        });
        final long[] seen = new long[items];
        final SchedItem copy = new SchedItem();
        boolean last = false;
        while (!last) {
            last = !anyAlive(writers);
            int index = reader.nextUpdatedIndex();
            while (index != PrioTable.NO_ENTRIES) {
                final int from = index == PrioTable.OVERFLOW ? 0 : index;
                final int to = index == PrioTable.OVERFLOW ? items - 1 : index;
                for (int sid = from; sid <= to; sid++) {
                    if (table.readItem(sid, copy) == ReadResult.READ) {
                        seen[sid] = copy.deadlineNs();
                    }
                }
                index = reader.nextUpdatedIndex();
            }
        }
        assertNull(failure.get());
        for (int sid = 0; sid < items; sid++) {
            assertEquals(100, seen[sid], "item " + sid);
        }
    }
}
