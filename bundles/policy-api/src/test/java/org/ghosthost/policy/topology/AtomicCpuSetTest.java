package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class AtomicCpuSetTest {
    @Test
    @DisplayName("TopologyTest.AtomicBitmapSet")
    void aCpuCanBeAddedAndRemoved() {
        final AtomicCpuSet set = new AtomicCpuSet();
        for (int cpu = 0; cpu < CpuSet.MAX_CPUS; cpu++) {
            assertFalse(set.contains(cpu));
            set.add(cpu);
            assertTrue(set.contains(cpu));
            assertEquals(cpu + 1, set.size());
        }
        set.remove(500);
        assertFalse(set.contains(500));
        assertEquals(1023, set.size());
        assertThrows(IllegalArgumentException.class, () -> set.add(1024));
        assertThrows(IllegalArgumentException.class, () -> set.testAndClear(-1));
        assertFalse(set.contains(-1));
        assertFalse(set.contains(1024));
    }

    @Test
    @DisplayName("TopologyTest.AtomicIterator")
    void aWalkVisitsEachCpuOnceInOrder() {
        final AtomicCpuSet set = new AtomicCpuSet();
        final CpuSet given = CpuSet.parse("0,12,63,64,80,1023");
        set.copyFrom(given);
        final List<Integer> seen = new ArrayList<>();
        for (int cpu = set.first(); cpu >= 0; cpu = set.next(cpu + 1)) {
            seen.add(cpu);
        }
        assertEquals(List.of(0, 12, 63, 64, 80, 1023), seen);
        assertEquals(given.toString(), set.toString());
    }

    @Test
    @DisplayName("TopologyTest.AtomicIteratorRange")
    void aCopyHasTheSameCpus() {
        final AtomicCpuSet set = new AtomicCpuSet();
        set.copyFrom(CpuSet.parse("5-70"));
        final CpuSet copy = CpuSet.of(1);
        set.copyTo(copy);
        assertEquals("5-70", copy.toString());
        assertTrue(set.contentEquals(copy));
        assertEquals(CpuSet.NO_CPU, set.next(71));
    }

    @Test
    @Timeout(20)
    @DisplayName("TopologyTest.AtomicTestAndClear")
    void ofFiveRacingThreadsOneTakesTheCpu() throws Exception {
        final int threadCount = 5;
        final int rounds = 50;
        final AtomicCpuSet set = new AtomicCpuSet();
        final AtomicInteger taken = new AtomicInteger();
        final CyclicBarrier start = new CyclicBarrier(threadCount, () -> set.add(77));
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < threadCount; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int round = 0; round < rounds; round++) {
                    await(start);
                    if (set.testAndClear(77)) {
                        taken.incrementAndGet();
                    }
                }
            }));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        assertEquals(rounds, taken.get());
    }

    private static void await(final CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @DisplayName("TopologyTest.WrappedCpuListTest")
    void aSetOverForeignWordsIsThoseWords() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment words = arena.allocate(AtomicCpuSet.BYTES, 8);
            final AtomicCpuSet set = AtomicCpuSet.over(words);
            set.add(65);
            assertEquals(2, words.getAtIndex(ValueLayout.JAVA_LONG, 1));
            words.setAtIndex(ValueLayout.JAVA_LONG, 0, 0b101);
            assertEquals("0,2,65", set.toString());
            assertTrue(set.contentEquals(CpuSet.of(0, 2, 65)));
            assertFalse(set.contentEquals(CpuSet.of(0, 2)));
            set.remove(65);
            assertEquals(0, words.getAtIndex(ValueLayout.JAVA_LONG, 1));
            assertArrayEquals(new int[] {0, 2}, CpuSet.parse(set.toString()).toArray());
        }
    }

    @Test
    void foreignWordsMustHaveTheFullSizeAndBeAlignedAndWritable() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(AtomicCpuSet.BYTES + 8, 8);
            assertThrows(IllegalArgumentException.class, () -> AtomicCpuSet.over(memory));
            final MemorySegment odd = memory.asSlice(4, AtomicCpuSet.BYTES);
            assertThrows(IllegalArgumentException.class, () -> AtomicCpuSet.over(odd));
            final MemorySegment readOnly = memory.asSlice(0, AtomicCpuSet.BYTES).asReadOnly();
            assertThrows(IllegalArgumentException.class, () -> AtomicCpuSet.over(readOnly));
            final MemorySegment bytes = MemorySegment.ofArray(new byte[(int) AtomicCpuSet.BYTES]);
            assertThrows(IllegalArgumentException.class, () -> AtomicCpuSet.over(bytes));
        }
    }
}
