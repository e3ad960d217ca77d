package org.ghosthost.agent.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.WorkClass;
import org.junit.jupiter.api.Test;

final class WorkClassStatsTest {
    private final PrioTable table = PrioTable.create(1, 2, 11);
    private final WorkClassStats stats = new WorkClassStats(table);

    WorkClassStatsTest() {
        new PrioTableClient(table).setWorkClass(0, new WorkClass().execTimeNs(1_000));
    }

    @Test
    void theApplicationsEstimateIsTheFirstSample() {
        assertEquals(1_000, stats.estimateNs(0));
        stats.done(0, 2_000, false);
        assertEquals(1_500, stats.estimateNs(0));
        stats.done(0, 6_000, true);
        assertEquals(3_000, stats.estimateNs(0));
        assertEquals(3, stats.samples(0));
        assertEquals(1, stats.overshots(0));
    }

    @Test
    void anEstimateIsAtLeastOneNanosecond() {
        assertEquals(1, stats.estimateNs(1));
        stats.done(1, 0, false);
        assertEquals(1, stats.estimateNs(1));
        stats.done(1, -5, false);
        assertEquals(1, stats.estimateNs(1));
    }

    @Test
    void hugeTimesDoNotOverflow() {
        new PrioTableClient(table).setWorkClass(1, new WorkClass().execTimeNs(WorkClass.MAX_DURATION_NS));
        for (int i = 0; i < 1_000; i++) {
            stats.done(1, Long.MAX_VALUE, true);
            assertTrue(stats.estimateNs(1) > 0 && stats.estimateNs(1) <= WorkClass.MAX_DURATION_NS);
        }
    }

    @Test
    void anUnknownClassIsRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> stats.estimateNs(2));
        assertThrows(IndexOutOfBoundsException.class, () -> stats.done(-1, 1, false));
    }
}
