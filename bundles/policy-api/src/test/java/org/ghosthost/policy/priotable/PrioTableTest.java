package org.ghosthost.policy.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.ghosthost.policy.priotable.PrioTable.ReadResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrioTableTest {
    private static final int CAPACITY = 19;

    private final PrioTable table = PrioTable.create(100, 3, CAPACITY);
    private final PrioTableClient client = new PrioTableClient(table);
    private final UpdateReader reader = table.newReader();
    private final SchedItem item = new SchedItem();
    private final WorkClass workClass = new WorkClass();

    @Test
    @DisplayName("PrioTableTest.Owner (who owns a table is the machine's business: here, memory holds one or not)")
    void aTableAttachesToMemoryThatHoldsOneAndToNoOther() {
        final PrioTable again = PrioTable.attach(table.memory());
        assertEquals(100, again.itemCount());
        assertEquals(3, again.workClassCount());
        assertEquals(CAPACITY, again.streamCapacity());
        client.markRunnable(42, 7);
        assertEquals(42, again.newReader().nextUpdatedIndex());
        assertEquals(ReadResult.READ, again.readItem(42, item));
        assertEquals(7, item.deadlineNs());
        final MemorySegment other = MemorySegment.ofArray(new long[1000]);
        assertThrows(IllegalArgumentException.class, () -> PrioTable.attach(other));
    }

    @Test
    @DisplayName("PrioTableTest.SimpleEnqueueThenDeqeue")
    void whatWasMarkedIsTakenOutOnce() {
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        for (int sid = 0; sid < CAPACITY; sid++) {
            client.markUpdated(sid, 0);
        }
        for (int sid = 0; sid < CAPACITY; sid++) {
            assertEquals(sid, reader.nextUpdatedIndex());
        }
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        client.markUpdated(99, 3);
        assertEquals(99, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    @DisplayName("PrioTableTest.CapacityOverflow")
    void oneMarkTooManyAsksForOneScan() {
        for (int i = 0; i <= CAPACITY; i++) {
            client.markUpdated(i, CAPACITY - 1);
        }
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        client.markUpdated(5, 0);
        assertEquals(5, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    @DisplayName("PrioTableTest.ContentionOverflow")
    void twoItemsOfOneEntryAskForAScanWithoutRetries() {
        client.markUpdated(0, 0);
        client.markUpdated(CAPACITY, 0);
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        client.markUpdated(0, 1);
        client.markUpdated(CAPACITY, 1);
        assertEquals(0, reader.nextUpdatedIndex());
        assertEquals(CAPACITY, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    void marksAfterAnOverflowAskForTheSameScan() {
        client.markUpdated(0, 0);
        client.markUpdated(0, 0);
        client.markUpdated(1, 0);
        client.markUpdated(2, 0);
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    void aNewItemHasNoThreadNoWorkAndNoDeadline() {
        assertEquals(ReadResult.READ, table.readItem(99, item));
        assertEquals(99, item.sid());
        assertEquals(0, item.gtid());
        assertEquals(SchedItem.NO_DEADLINE, item.deadlineNs());
        assertFalse(item.runnable());
        assertTrue(client.isIdle(99));
        assertFalse(client.waitUntilRunnable(99, 10));
    }

    @Test
    void whatTheApplicationWritesTheAgentReads() {
        client.setWorkClass(2, workClass.flags(PrioTableLayout.CLASS_ONE_SHOT).qos(9).execTimeNs(10).periodNs(20));
        client.setItem(7, item.workClass(2).gtid(1234L << 41).runnable(true).deadlineNs(5_000));
        final SchedItem copy = new SchedItem();
        assertEquals(7, reader.nextUpdatedIndex());
        assertEquals(ReadResult.READ, table.readItem(7, copy));
        assertEquals("sched item 7: work class 2, gtid " + (1234L << 41) + ", flags 1, seqcount 2, deadline 5000 ns",
                copy.toString());
        final WorkClass classCopy = new WorkClass();
        table.readWorkClass(2, classCopy);
        assertEquals("work class 2: flags 1, qos 9, exec time 10 ns, period 20 ns", classCopy.toString());
        assertTrue(classCopy.oneShot());
        assertFalse(classCopy.repeating());
        assertTrue(client.waitUntilRunnable(7, 0));
    }

    @Test
    void everyChangeOfAnItemIsAnnouncedAndRaisesItsSequenceNumberByTwo() {
        final Runnable[] changes = {
            () -> client.markRunnable(3), () -> client.markRunnable(3, 77), () -> client.markIdle(3),
            () -> client.setDeadline(3, 78), () -> client.setItemWorkClass(3, 1), () -> client.setGtid(3, 5),
            () -> client.setItem(3, new SchedItem())};
        int seqcount = table.seqcount(3);
        for (final Runnable change : changes) {
            change.run();
            seqcount += 2;
            assertEquals(seqcount, table.seqcount(3));
            assertEquals(3, reader.nextUpdatedIndex());
            assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        }
    }

    @Test
    void aChangeTouchesNothingElse() {
        client.setItem(3, item.workClass(1).gtid(5).runnable(true).deadlineNs(6));
        client.markIdle(3);
        assertItem("sched item 3: work class 1, gtid 5, flags 0, seqcount 4, deadline 6 ns");
        client.setDeadline(3, 7);
        assertItem("sched item 3: work class 1, gtid 5, flags 0, seqcount 6, deadline 7 ns");
        client.setItemWorkClass(3, 2);
        assertItem("sched item 3: work class 2, gtid 5, flags 0, seqcount 8, deadline 7 ns");
        client.markRunnable(3);
        assertItem("sched item 3: work class 2, gtid 5, flags 1, seqcount 10, deadline 7 ns");
        client.setGtid(3, 0);
        assertItem("sched item 3: work class 2, gtid 0, flags 1, seqcount 12, deadline 7 ns");
        assertEquals(ReadResult.READ, table.readItem(2, item));
        assertEquals("sched item 2: work class 0, gtid 0, flags 0, seqcount 0, deadline " + Long.MAX_VALUE + " ns",
                item.toString());
    }

    private void assertItem(final String expected) {
        final SchedItem copy = new SchedItem();
        client.getItem(3, copy);
        assertEquals(expected, copy.toString());
    }

    @Test
    void theAgentCanGiveARepeatingItemItsNextWork() {
        client.setItem(3, item.workClass(1).gtid(5).deadlineNs(6));
        table.setRunnable(3);
        assertItem("sched item 3: work class 1, gtid 5, flags 1, seqcount 2, deadline 6 ns");
        assertFalse(client.isIdle(3));
    }

    @Test
    void aFollowersViewReadsEverythingAndWritesNothing() {
        final PrioTable follower = table.view();
        follower.writable(false);
        final UpdateReader followerReader = follower.newReader();
        client.markIdle(3);
        follower.setRunnable(3);
        assertTrue(client.isIdle(3));
        assertEquals(3, reader.nextUpdatedIndex());
        assertEquals(3, followerReader.nextUpdatedIndex());
        follower.writable(true);
        follower.setRunnable(3);
        assertFalse(client.isIdle(3));
    }

    @Test
    void everyReaderGetsEveryHint() {
        final UpdateReader second = table.newReader();
        client.markUpdated(1, 0);
        assertEquals(1, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        client.markUpdated(2, 0);
        assertEquals(1, second.nextUpdatedIndex());
        assertEquals(2, second.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, second.nextUpdatedIndex());
        assertEquals(2, reader.nextUpdatedIndex());
        client.markUpdated(0, 0);
        client.markUpdated(0, 0);
        assertEquals(PrioTable.OVERFLOW, second.nextUpdatedIndex());
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, second.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    void aReaderThatWasNotReadForLongHasToScan() {
        final UpdateReader slow = table.newReader();
        for (int i = 0; i < 1_000; i++) {
            client.markUpdated(i % 100, 0);
            assertEquals(i % 100, reader.nextUpdatedIndex());
        }
        assertEquals(PrioTable.OVERFLOW, slow.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, slow.nextUpdatedIndex());
        client.markUpdated(8, 0);
        assertEquals(8, slow.nextUpdatedIndex());
    }

    @Test
    void tooManyReadersCostTheOldestItsPlaceButNoHint() {
        for (int i = 0; i < 100; i++) {
            table.newReader();
        }
        client.markUpdated(8, 0);
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(8, reader.nextUpdatedIndex());
    }

    @ParameterizedTest
    @ValueSource(ints = {11, 19, 31, 43, 53, 67, 83, 97})
    void theStreamHasOneOfTheAllowedCapacities(final int capacity) {
        assertEquals(capacity, PrioTable.create(1, 1, capacity).streamCapacity());
        assertThrows(IllegalArgumentException.class, () -> PrioTable.create(1, 1, capacity + 1));
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> PrioTable.create(-1, 1, 11));
        assertThrows(IllegalArgumentException.class, () -> PrioTable.create(1, 0, 11));
        assertThrows(IllegalArgumentException.class, () -> PrioTable.create(PrioTable.MAX_ITEMS + 1, 1, 11));
        assertThrows(IllegalArgumentException.class, () -> PrioTable.create(1, PrioTable.MAX_WORK_CLASSES + 1, 11));
        assertThrows(IllegalArgumentException.class, () -> client.markRunnable(100));
        assertThrows(IllegalArgumentException.class, () -> client.markIdle(-1));
        assertThrows(IllegalArgumentException.class, () -> client.markRunnable(1, -1));
        assertThrows(IllegalArgumentException.class, () -> client.setGtid(1, -1));
        assertThrows(IllegalArgumentException.class, () -> client.setItemWorkClass(1, 3));
        assertThrows(IllegalArgumentException.class, () -> client.setItem(1, new SchedItem().workClass(3)));
        assertThrows(IllegalArgumentException.class, () -> client.setWorkClass(3, workClass));
        assertThrows(IllegalArgumentException.class, () -> client.setWorkClass(2, new WorkClass().qos(-1)));
        assertThrows(IllegalArgumentException.class, () -> client.markUpdated(100, 0));
        assertThrows(IllegalArgumentException.class, () -> table.readItem(100, item));
        assertThrows(IllegalArgumentException.class, () -> table.setRunnable(-1));
        assertThrows(IllegalArgumentException.class, () -> table.seqcount(100));
        assertThrows(IllegalArgumentException.class, () -> table.readWorkClass(3, workClass));
        assertEquals(0, table.garbage());
    }

    @Test
    void aTableWithoutItemsIsFine() {
        final PrioTable empty = PrioTable.create(0, 0, 11);
        assertEquals(PrioTable.NO_ENTRIES, empty.newReader().nextUpdatedIndex());
        assertEquals(0, PrioTable.attach(empty.memory()).itemCount());
    }

    @Test
    void theLayoutIsThatOfTheDrawing() {
        assertEquals(64 + 64 * 100 + 64 * 3 + 128, PrioTable.byteSize(100, 3, 19));
        assertEquals(64 + 64 + 64 + 64, PrioTable.byteSize(1, 1, 11));
        client.setItem(1, item.workClass(2).gtid(0x0102030405060708L).runnable(true).deadlineNs(9));
        final MemorySegment memory = table.memory();
        final long at = 64 + 64;
        assertEquals(1, (int) PrioTableLayout.INT.get(memory, at));
        assertEquals(2, (int) PrioTableLayout.INT.get(memory, at + 4));
        assertEquals(0x08, memory.get(ValueLayout.JAVA_BYTE, at + 8));
        assertEquals(1, (int) PrioTableLayout.INT.get(memory, at + 16));
        assertEquals(2, (int) PrioTableLayout.INT.get(memory, at + 20));
        assertEquals(9L, (long) PrioTableLayout.LONG.get(memory, at + 24));
        final long stream = 64 + 64 * 103;
        assertEquals(0, (int) PrioTableLayout.INT.get(memory, stream));
        assertEquals(-1, (int) PrioTableLayout.INT.get(memory, stream + 4));
        assertEquals(1, (int) PrioTableLayout.INT.get(memory, stream + 8));
        assertEquals(PrioTable.byteSize(100, 3, 19), memory.byteSize());
    }
}
