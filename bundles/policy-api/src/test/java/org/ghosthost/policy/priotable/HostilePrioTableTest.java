package org.ghosthost.policy.priotable;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ghosthost.policy.priotable.PrioTable.ReadResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table is memory of a process that may be broken, hostile, or dead in the middle of a write. */
final class HostilePrioTableTest {
    private static final int ITEMS = 40;
    private static final int CLASSES = 5;
    private static final int CAPACITY = 31;

    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 16, 64);
    private final SchedItem item = new SchedItem();
    private final WorkClass workClass = new WorkClass();

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0 | 2 | 1 | its version is 1, not 0",
        "2 | 2 | 31 | its header has 31 bytes only",
        "2 | 2 | 65535 | its sched items are at 64",
        "4 | 4 | 65537 | it claims 65537 bytes of 65536",
        "4 | 4 | -1 | it claims 4294967295 bytes of 65536",
        "4 | 4 | 3000 | its stream are at 2944",
        "8 | 4 | -1 | sched items must be 0 to 131072: -1",
        "8 | 4 | 131073 | sched items must be 0 to 131072: 131073",
        "8 | 4 | 131072 | its sched items are at 64 and have 8388608 bytes",
        "12 | 4 | 0 | its sched items are at 0",
        "12 | 4 | 65 | its sched items are at 65",
        "12 | 4 | 128 | its work classes are at 2624",
        "12 | 4 | -64 | its sched items are at 4294967232",
        "16 | 4 | 0 | work classes must be 0 to 131072, at least 1 if there are sched items: 0",
        "16 | 4 | 2147483647 | work classes must be 0 to 131072",
        "20 | 4 | -64 | its work classes are at 4294967232",
        "20 | 4 | 64 | its work classes are at 64",
        "24 | 4 | 30 | stream capacity must be one of [11, 19, 31, 43, 53, 67, 83, 97]: 30",
        "24 | 4 | -31 | stream capacity must be one of",
        "28 | 4 | 64 | its stream are at 64",
        "28 | 4 | 65472 | its stream are at 65472"})
    void aHeaderThatMakesNoSenseIsRefusedWithTheReason(
            final long offset, final int bytes, final int value, final String reason) {
        PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        PrioTable.attach(memory);
        if (bytes == 2) {
            PrioTableLayout.SHORT.set(memory, offset, (short) value);
        } else {
            PrioTableLayout.INT.set(memory, offset, value);
        }
        final String refusal = String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> PrioTable.attach(memory)).getMessage());
        assertTrue(refusal.startsWith("not a PrioTable: "), refusal);
        assertTrue(refusal.contains(reason), refusal);
    }

    @Test
    void memoryThatIsTooSmallOrMisalignedOrReadOnlyIsRefused() {
        PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        assertRefused(memory.asSlice(0, 0));
        assertRefused(memory.asSlice(0, 63));
        assertRefused(memory.asSlice(0, 64));
        assertRefused(memory.asSlice(4));
        assertRefused(memory.asReadOnly());
        assertRefused(MemorySegment.ofArray(memory.toArray(ValueLayout.JAVA_BYTE)));
        assertThrows(IllegalArgumentException.class,
                () -> PrioTable.create(memory.asSlice(0, 1024), ITEMS, CLASSES, CAPACITY));
    }

    private static void assertRefused(final MemorySegment bad) {
        assertThrows(IllegalArgumentException.class, () -> PrioTable.attach(bad));
    }

    @Test
    void whatIsWrittenIntoTheHeaderLaterHasNoEffect() {
        PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final PrioTable table = PrioTable.attach(memory);
        final UpdateReader reader = table.newReader();
        memory.asSlice(0, 64).fill((byte) 0x7f);
        new PrioTableClient(table).markRunnable(3, 9);
        assertEquals(3, reader.nextUpdatedIndex());
        assertEquals(ReadResult.READ, table.readItem(3, item));
        assertEquals(ITEMS, table.itemCount());
        assertThrows(IllegalArgumentException.class, () -> table.readItem(ITEMS, item));
    }

    @Test
    void entriesThatNameNoItemAreCountedAndSkipped() {
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final UpdateReader reader = table.newReader();
        final long stream = 64L * (1 + ITEMS + CLASSES);
        final int[] entries = {ITEMS, -2, Integer.MIN_VALUE, 7, Integer.MAX_VALUE, -3};
        for (int i = 0; i < entries.length; i++) {
            PrioTableLayout.INT.set(memory, stream + 4 + 4L * i, entries[i]);
        }
        assertEquals(7, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
        assertEquals(5, table.garbage());
        PrioTableLayout.INT.set(memory, stream, Integer.MIN_VALUE);
        assertEquals(PrioTable.OVERFLOW, reader.nextUpdatedIndex());
        assertEquals(PrioTable.NO_ENTRIES, reader.nextUpdatedIndex());
    }

    @Test
    void anItemOfAnUnknownClassOrAnImpossibleThreadIsCountedAndNotRead() {
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final long at = 64 + 64 * 3;
        for (final int bad : new int[] {CLASSES, -1, Integer.MIN_VALUE}) {
            PrioTableLayout.INT.set(memory, at + PrioTableLayout.ITEM_WORK_CLASS, bad);
            assertEquals(ReadResult.INVALID, table.readItem(3, item));
        }
        PrioTableLayout.INT.set(memory, at + PrioTableLayout.ITEM_WORK_CLASS, 0);
        PrioTableLayout.LONG.set(memory, at + PrioTableLayout.ITEM_GTID, -1L);
        assertEquals(ReadResult.INVALID, table.readItem(3, item));
        assertEquals(4, table.garbage());
        PrioTableLayout.INT.set(memory, at + PrioTableLayout.ITEM_SID, 17);
        PrioTableLayout.LONG.set(memory, at + PrioTableLayout.ITEM_GTID, 5L);
        assertEquals(ReadResult.READ, table.readItem(3, item));
        assertEquals(3, item.sid());
    }

    @Test
    void numbersThatAreTooBigAreReadAsTheBiggest() {
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        PrioTableLayout.LONG.set(memory, 64L + PrioTableLayout.ITEM_DEADLINE, -1L);
        assertEquals(ReadResult.READ, table.readItem(0, item));
        assertEquals(SchedItem.NO_DEADLINE, item.deadlineNs());
        memory.asSlice(64L * (1 + ITEMS), 64).fill((byte) -1);
        table.readWorkClass(0, workClass);
        assertEquals(0, workClass.id());
        assertEquals(Integer.MAX_VALUE, workClass.qos());
        assertEquals(WorkClass.MAX_DURATION_NS, workClass.execTimeNs());
        assertEquals(WorkClass.MAX_DURATION_NS, workClass.periodNs());
        PrioTableLayout.LONG.set(memory, 64L * (1 + ITEMS) + PrioTableLayout.CLASS_PERIOD, Long.MAX_VALUE);
        table.readWorkClass(0, workClass);
        assertEquals(WorkClass.MAX_DURATION_NS, workClass.periodNs());
    }

    @Test
    void aWriterThatDiesInTheMiddleOfAWriteDoesNotHoldTheAgentUp() {
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final long seqcount = table.item(3) + PrioTableLayout.ITEM_SEQCOUNT;
        final int begin = SeqCount.writeBegin(memory, seqcount);
        assertEquals(1, begin);
        assertEquals(ReadResult.TORN, table.readItem(3, item));
        assertEquals(1, item.seqcount());
        assertFalse(SeqCount.isLocked(SeqCount.tryWriteBegin(memory, seqcount)));
        table.setRunnable(3);
        assertEquals(0, table.garbage());
        SeqCount.writeEnd(memory, seqcount, begin);
        assertEquals(ReadResult.READ, table.readItem(3, item));
        assertTrue(item.runnable());
    }

    @Test
    void aWriterThatDiesInTheMiddleOfAWriteHoldsOtherWritersUpForABoundedTime() {
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final PrioTableClient client = new PrioTableClient(table);
        SeqCount.writeBegin(memory, table.item(3) + PrioTableLayout.ITEM_SEQCOUNT);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertThrows(IllegalStateException.class, () -> client.markIdle(3));
            assertThrows(IllegalStateException.class, () -> client.getItem(3, item));
        });
        client.markIdle(4);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 0})
    @Timeout(30)
    void randomBytesAreRefusedOrHarmless(final long givenSeed) {
        final long seed = givenSeed == 0 ? System.nanoTime() : givenSeed;
        final Random random = new Random(seed);
        assertDoesNotThrow(() -> {
            for (int round = 0; round < 300; round++) {
                scribble(random, round % 3);
                try {
                    useAll(PrioTable.attach(memory));
                } catch (IllegalArgumentException e) {
                    assertTrue(String.valueOf(e.getMessage()).startsWith("not a PrioTable: "), "seed " + seed);
                }
            }
        }, () -> "seed " + seed);
    }

    /** Fills the memory with noise: all of it, all but the header, or a few bytes of a good table. */
    private void scribble(final Random random, final int kind) {
        PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final byte[] noise = new byte[4096];
        random.nextBytes(noise);
        switch (kind) {
            case 0 -> MemorySegment.copy(noise, 0, memory, ValueLayout.JAVA_BYTE, 0, noise.length);
            case 1 -> MemorySegment.copy(noise, 0, memory, ValueLayout.JAVA_BYTE, 64, noise.length - 64);
            default -> {
                for (int i = 0; i < 8; i++) {
                    memory.set(ValueLayout.JAVA_BYTE, random.nextInt(i < 2 ? 32 : 3200), (byte) random.nextInt());
                }
            }
        }
    }

    private void useAll(final PrioTable table) {
        final UpdateReader reader = table.newReader();
        // Each call takes entries out, so that a table can give at most so many before it has none.
        int calls = 0;
        while (reader.nextUpdatedIndex() != PrioTable.NO_ENTRIES) {
            assertTrue(++calls <= table.streamCapacity() + 1);
        }
        for (int sid = 0; sid < table.itemCount(); sid++) {
            final ReadResult result = table.readItem(sid, item);
            assertEquals(sid, item.sid());
            if (result == ReadResult.READ) {
                assertTrue(item.workClass() >= 0 && item.workClass() < table.workClassCount());
                assertTrue(item.gtid() >= 0 && item.deadlineNs() >= 0);
                table.readWorkClass(item.workClass(), workClass);
                assertTrue(workClass.qos() >= 0 && workClass.periodNs() >= 0 && workClass.execTimeNs() >= 0);
            }
            table.setRunnable(sid);
        }
    }

    @Test
    @Timeout(30)
    void noiseThatNeverStopsNeitherThrowsNorLoops() throws InterruptedException {
        final long seed = System.nanoTime();
        final PrioTable table = PrioTable.create(memory, ITEMS, CLASSES, CAPACITY);
        final UpdateReader reader = table.newReader();
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread attacker = Thread.ofPlatform().daemon().start(() -> {
            final Random random = new Random(seed);
            while (!stop.get()) {
                PrioTableLayout.INT.setOpaque(memory, (long) random.nextInt(4 * 800) & -4L, random.nextInt(60) - 9);
            }
        });
        try {
            for (int pass = 0; pass < 20_000; pass++) {
                for (int i = 0; i < CAPACITY && reader.nextUpdatedIndex() != PrioTable.NO_ENTRIES; i++) {
                    table.readItem(i, item);
                    table.readWorkClass(i % CLASSES, workClass);
                }
                assertTrue(item.deadlineNs() >= 0 && item.gtid() >= 0 && item.workClass() < CLASSES, "seed " + seed);
            }
        } finally {
            stop.set(true);
            attacker.join();
        }
    }
}
