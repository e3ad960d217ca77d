package org.ghosthost.agent.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OrchestratorTest {
    private static final int ITEMS = 10_000;
    private static final int TGID = 7;
    private static final int WINDOWS = 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long ITEM_7 = 64 + 7L * 64;

    private final MemorySegment memory = Arena.ofAuto().allocate(PrioTable.byteSize(ITEMS, 3, 83), 64);
    private final PrioTable table = PrioTable.create(memory, ITEMS, 3, 83);
    private final PrioTableClient client = new PrioTableClient(table);
    private final Orchestrator orchestrator = new Orchestrator(TGID, table);
    private final List<String> heard = new ArrayList<>();
    private long sum;

    OrchestratorTest() {
        client.setWorkClass(1, new WorkClass().flags(PrioTableLayout.CLASS_ONE_SHOT).qos(5).execTimeNs(1_000));
        client.setWorkClass(2, new WorkClass().flags(PrioTableLayout.CLASS_REPEATING).qos(6).periodNs(9_000));
    }

    private void hear(Orchestrator from, SchedParams params, long oldGtid) {
        assertSame(orchestrator, from);
        heard.add(params.sid() + ": " + oldGtid + "->" + params.gtid() + (params.hasWork() ? " work" : " idle"));
    }

    private boolean refresh() {
        heard.clear();
        return orchestrator.refresh(this::hear);
    }

    private void refreshCompletely() {
        heard.clear();
        while (!orchestrator.refresh(this::hear)) {
            assertTrue(heard.size() <= ITEMS);
        }
    }

    private static SchedItem item(long gtid, int workClass) {
        return new SchedItem().gtid(gtid).workClass(workClass).deadlineNs(500);
    }

    @Test
    void whatTheApplicationSaidBeforeIsFoundByTheFirstScan() {
        client.setItem(7, item(77, 1).runnable(true));
        client.setItem(9_999, item(78, 2));
        assertNull(orchestrator.paramsOf(77));
        refreshCompletely();
        assertEquals(List.of("7: 0->77 work", "9999: 0->78 idle"), heard);
        SchedParams params = orchestrator.paramsOf(77);
        assertNotNull(params);
        assertEquals(7, params.sid());
        assertEquals(1, params.workClass());
        assertEquals(5, params.qos());
        assertEquals(500, params.deadlineNs());
        assertEquals(1_000, params.execTimeNs());
        assertFalse(params.repeating());
        assertSame(params, orchestrator.params(7));
        assertNull(orchestrator.params(8));
        assertNull(orchestrator.params(ITEMS));
        assertNull(orchestrator.paramsOf(79));
        assertNull(orchestrator.paramsOf(0));
        assertNull(orchestrator.paramsOf(-1));
    }

    @Test
    void aRefreshHearsOfEachChangeOnce() {
        client.setItem(7, item(77, 1));
        refreshCompletely();
        assertTrue(refresh());
        assertEquals(List.of(), heard);
        client.markRunnable(7, 900);
        assertTrue(refresh());
        assertEquals(List.of("7: 77->77 work"), heard);
        client.markIdle(7);
        client.markRunnable(7);
        client.markIdle(7);
        assertTrue(refresh());
        assertEquals(List.of("7: 77->77 idle"), heard);
    }

    @Test
    void anOverflowIsReadInBoundedSteps() {
        refreshCompletely();
        for (int sid = 0; sid < ITEMS; sid++) {
            client.setItem(sid, item(sid + 1, 1));
        }
        int steps = 1;
        while (!refresh()) {
            assertEquals(Orchestrator.MAX_SCAN_PER_REFRESH, heard.size());
            steps++;
        }
        assertEquals(10, steps);
        for (int sid = 0; sid < ITEMS; sid++) {
            assertSame(orchestrator.params(sid), orchestrator.paramsOf(sid + 1));
        }
        assertEquals(0, orchestrator.garbage());
    }

    @Test
    void refreshAllReadsEverythingAtOnce() {
        client.setItem(9_999, item(5, 1));
        orchestrator.refreshAll(this::hear);
        assertEquals(List.of("9999: 0->5 idle"), heard);
        assertTrue(refresh());
    }

    @Test
    void aThreadThatMovesToAnotherItemIsFoundThereWhateverTheOrder() {
        client.setItem(7, item(77, 1));
        refreshCompletely();
        client.setGtid(7, 0);
        client.setItem(3, item(77, 2));
        refresh();
        assertEquals(List.of("3: 0->77 idle", "7: 0->0 idle"), heard);
        assertEquals(3, sidOf(77));
        client.setGtid(3, 0);
        client.setItem(7, item(77, 1));
        refresh();
        assertEquals(List.of("3: 77->0 idle", "7: 0->77 idle"), heard);
        assertEquals(7, sidOf(77));
    }

    @Test
    void anItemCanBeUsedForAnotherThread() {
        client.setItem(7, item(77, 1));
        refreshCompletely();
        client.setGtid(7, 78);
        refresh();
        assertEquals(List.of("7: 77->78 idle"), heard);
        assertNull(orchestrator.paramsOf(77));
        assertEquals(7, sidOf(78));
    }

    private int sidOf(long gtid) {
        SchedParams params = orchestrator.paramsOf(gtid);
        return params == null ? -1 : params.sid();
    }

    @Test
    void aTornReadOfAnIdleItemMeansWorkAndOfAWorkingOneNothing() {
        client.setItem(7, item(77, 1));
        refreshCompletely();
        int locked = table.seqcount(7) + 1;
        memory.set(ValueLayout.JAVA_INT, ITEM_7 + PrioTableLayout.ITEM_SEQCOUNT, locked);
        client.markUpdated(7, 0);
        refresh();
        assertEquals(List.of("7: 77->77 work"), heard);
        client.markUpdated(7, 0);
        refresh();
        assertEquals(List.of(), heard);
        memory.set(ValueLayout.JAVA_INT, ITEM_7 + PrioTableLayout.ITEM_SEQCOUNT, locked + 1);
        client.markUpdated(7, 0);
        refresh();
        assertEquals(List.of("7: 77->77 idle"), heard);

        client.markRunnable(7);
        refresh();
        memory.set(ValueLayout.JAVA_INT, ITEM_7 + PrioTableLayout.ITEM_SEQCOUNT, locked + 4);
        client.markUpdated(7, 0);
        refresh();
        assertEquals(List.of(), heard);
        memory.set(ValueLayout.JAVA_INT, ITEM_7 + PrioTableLayout.ITEM_SEQCOUNT, locked + 5);
        client.markUpdated(7, 0);
        refresh();
        assertEquals(List.of("7: 77->77 work"), heard);
    }

    @Test
    void aRepeatingThreadGetsItsNextWorkFromThePolicy() {
        client.setItem(7, item(77, 2));
        client.setItem(8, item(78, 1));
        refreshCompletely();
        SchedParams repeating = orchestrator.paramsOf(77);
        SchedParams oneShot = orchestrator.paramsOf(78);
        assertNotNull(repeating);
        assertNotNull(oneShot);
        assertTrue(repeating.repeating());
        assertEquals(9_000, repeating.periodNs());
        assertEquals(9_000, orchestrator.workClassPeriodNs(2));
        assertEquals(0, orchestrator.workClassPeriodNs(3));
        orchestrator.makeEngineRunnable(repeating);
        assertTrue(repeating.hasWork());
        assertFalse(client.isIdle(7));
        refresh();
        assertEquals(List.of(), heard);
        client.markIdle(7);
        refresh();
        assertEquals(List.of("7: 77->77 idle"), heard);
        assertThrows(IllegalArgumentException.class, () -> orchestrator.makeEngineRunnable(oneShot));
        assertThrows(IllegalArgumentException.class,
                () -> orchestrator.makeEngineRunnable(SchedParams.withoutTable(5)));
    }

    @Test
    void nonsenseIsCountedAndLeavesTheCacheAsItIs() {
        client.setItem(7, item(77, 1));
        refreshCompletely();
        memory.set(ValueLayout.JAVA_INT, ITEM_7 + PrioTableLayout.ITEM_WORK_CLASS, 3);
        client.markRunnable(7);
        refresh();
        assertEquals(List.of(), heard);
        assertEquals(1, orchestrator.garbage());
        SchedParams params = orchestrator.paramsOf(77);
        assertNotNull(params);
        assertFalse(params.hasWork());
        client.markUpdated(7, 0);
        refresh();
        assertEquals(1, orchestrator.garbage());
    }

    @Test
    void gtidsChosenToCollideAreRefusedRatherThanSearchedFor() {
        // Multiples of the inverse of the multiplier differ only in the low bits of their hashes.
        long inverse = 0xf1de83e19937733dL;
        assertEquals(1, inverse * 0x9e3779b97f4a7c15L);
        int claimed = 0;
        for (int sid = 0; sid < 1_000; sid++) {
            long gtid = inverse * (sid + 1);
            if (gtid > 0) {
                client.setItem(sid, item(gtid, 1));
                claimed++;
            }
        }
        refreshCompletely();
        assertTrue(claimed > 200);
        assertEquals(claimed - 64, orchestrator.garbage());
    }

    @Test
    void aDumpShowsTheSharedAndTheCachedItem() {
        client.setItem(7, item(Gtid.of(12, 3), 1).runnable(true));
        refreshCompletely();
        client.markIdle(7);
        StringBuilder out = new StringBuilder();
        orchestrator.dump(out);
        assertEquals("PrioTable of process 7: TASK WCID FLAGS SEQCOUNT, garbage 0\n  12/3 1 0 4 (1 1 2)\n",
                out.toString());
    }

    @Test
    void aFollowerSeesWhatTheLeaderSees() {
        Orchestrator follower = new Orchestrator(TGID, table.view());
        refreshCompletely();
        follower.refreshAll((_, _, _) -> { });
        client.setItem(7, item(77, 1));
        refresh();
        assertEquals(List.of("7: 0->77 idle"), heard);
        assertTrue(follower.refresh((_, _, _) -> { }));
        assertNotNull(follower.paramsOf(77));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 0})
    @Timeout(30)
    void noiseInTheTableNeitherThrowsNorLoopsNorBreaksTheIndex(long givenSeed) {
        long seed = givenSeed == 0 ? System.nanoTime() : givenSeed;
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            for (int i = 0; i < 20; i++) {
                int sid = random.nextInt(50);
                switch (random.nextInt(4)) {
                    case 0 -> client.markUpdated(sid, random.nextInt(3));
                    case 1 -> memory.set(ValueLayout.JAVA_INT, (64 + 64L * sid) + 4 * random.nextInt(8),
                            random.nextInt(10) - 3);
                    case 2 -> memory.set(ValueLayout.JAVA_INT, 64 + 64L * (ITEMS + 3) + 4 * random.nextInt(84),
                            random.nextInt(100) - 50);
                    default -> memory.set(ValueLayout.JAVA_LONG, 64 + 64L * sid + PrioTableLayout.ITEM_GTID,
                            random.nextLong(20));
                }
            }
            orchestrator.refresh((_, params, _) -> assertTrue(params.gtid() >= 0 && params.workClass() < 3));
            for (int sid = 0; sid < 50; sid++) {
                SchedParams params = orchestrator.params(sid);
                if (params != null && params.gtid() != 0) {
                    assertSame(params, orchestrator.paramsOf(params.gtid()), "seed " + seed + ", round " + round);
                }
            }
        }
    }

    @Test
    void refreshingAllocatesNothingInSteadyState() {
        SchedParamsListener listener = (_, params, _) -> assertTrue(params.gtid() > 0);
        WorkClassStats stats = new WorkClassStats(table);
        for (int sid = 0; sid < ITEMS; sid++) {
            client.setItem(sid, item(sid + 1, sid % 3));
        }
        orchestrator.refreshAll(listener);
        rounds(30_000, listener, stats);
        assertEquals(0, leastAllocated(() -> sum += rounds(100_000, listener, stats)));
        assertTrue(sum > 0);
    }

    /**
     * Returns the bytes that this thread allocated in the best of several equal windows. What the code allocates is in
     * each of them. What is not: HotSpot makes all string literals of a class, those of its error messages too, in the
     * thread that first asks C2 to compile one of its methods.
     */
    private static long leastAllocated(Runnable window) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WINDOWS && least > 0; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            window.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private long rounds(int rounds, SchedParamsListener listener, WorkClassStats stats) {
        long total = 0;
        for (int i = 0; i < rounds; i++) {
            int sid = (int) (i * 7_919L % ITEMS);
            client.markRunnable(sid, i);
            client.setGtid(sid, i % 10 == 0 ? ITEMS + 1 + i % 3 : sid + 1);
            client.markIdle((sid + 83) % ITEMS);
            orchestrator.refresh(listener);
            SchedParams params = orchestrator.paramsOf(sid + 1);
            if (params != null) {
                total += params.deadlineNs();
                if (params.repeating() && !params.hasWork()) {
                    orchestrator.makeEngineRunnable(params);
                }
                stats.done(params.workClass(), i, false);
                total += stats.estimateNs(params.workClass());
            }
        }
        return total;
    }
}
