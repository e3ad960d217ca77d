package org.ghosthost.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TaskHeapTest {
    private static final class Keyed extends Task {
        private int key;
        private final int id;

        private Keyed(int key, int id) {
            this.key = key;
            this.id = id;
        }
    }

    private final TaskHeap<Keyed> heap = new TaskHeap<>(Comparator.comparingInt(task -> task.key));

    @Test
    void theLeastIsFirst() {
        heap.add(new Keyed(3, 0));
        heap.add(new Keyed(1, 1));
        heap.add(new Keyed(2, 2));
        assertEquals(1, heap.first().key);
        assertEquals(1, heap.pollFirst().key);
        assertEquals(2, heap.pollFirst().key);
        assertEquals(3, heap.pollFirst().key);
        assertNull(heap.pollFirst());
    }

    @Test
    void equalsLeaveInTheOrderOfTheirArrival() {
        for (int i = 0; i < 100; i++) {
            heap.add(new Keyed(i % 3, i));
        }
        int before = -1;
        for (int i = 0; i < 100; i++) {
            Keyed task = heap.pollFirst();
            int rank = task.key * 1000 + task.id;
            assertTrue(rank > before, "id " + task.id);
            before = rank;
        }
    }

    @Test
    void aTaskIsInOnceOnly() {
        Keyed task = new Keyed(1, 0);
        heap.add(task);
        assertThrows(IllegalStateException.class, () -> heap.add(task));
        assertTrue(heap.remove(task));
        assertFalse(heap.remove(task));
        heap.update(task);
        assertFalse(heap.contains(task));
        assertEquals(0, heap.size());
    }

    @Test
    void itStaysInOrderWhateverChanges() {
        long seed = 7;
        Random random = new Random(seed);
        List<Keyed> inside = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            String at = "seed " + seed + " step " + step;
            int choice = random.nextInt(4);
            if (choice == 0 || inside.isEmpty()) {
                Keyed task = new Keyed(random.nextInt(50), step);
                inside.add(task);
                heap.add(task);
            } else {
                Keyed task = inside.get(random.nextInt(inside.size()));
                if (choice == 1) {
                    task.key = random.nextInt(50);
                    heap.update(task);
                } else if (choice == 2) {
                    inside.remove(task);
                    assertTrue(heap.remove(task), at);
                } else {
                    Keyed first = heap.pollFirst();
                    int least = inside.stream().mapToInt(each -> each.key).min().orElseThrow();
                    assertEquals(least, first.key, at);
                    inside.remove(first);
                }
            }
            assertEquals(inside.size(), heap.size(), at);
        }
    }
}
