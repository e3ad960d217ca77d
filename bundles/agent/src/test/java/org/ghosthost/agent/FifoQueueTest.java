package org.ghosthost.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.ghosthost.policy.Gtid;
import org.junit.jupiter.api.Test;

class FifoQueueTest {
    private final TaskMap<Task> tasks = new TaskMap<>(1000, Task::new);
    private final FifoQueue<Task> queue = new FifoQueue<>(tasks);

    private Task task(boolean boosted) {
        int statusWord = tasks.size();
        Task task = tasks.add(Gtid.of(1 + statusWord, 1), statusWord, 1);
        task.boosted = boosted;
        return task;
    }

    @Test
    void tasksLeaveInTheOrderOfTheirArrival() {
        Task a = task(false);
        Task b = task(false);
        queue.add(a);
        queue.add(b);
        assertEquals(a, queue.pollFirst());
        assertEquals(b, queue.pollFirst());
        assertNull(queue.pollFirst());
    }

    @Test
    void aBoostedTaskGoesToTheFront() {
        Task a = task(false);
        Task b = task(true);
        queue.add(a);
        queue.add(b);
        assertEquals(b, queue.first());
        assertEquals(a, queue.last());
    }

    @Test
    void aTaskIsRemovedFromTheMiddle() {
        Task a = task(false);
        Task b = task(false);
        Task c = task(false);
        queue.add(a);
        queue.add(b);
        queue.add(c);
        assertTrue(queue.remove(b));
        assertFalse(queue.remove(b));
        assertEquals(c, queue.next(a));
        assertEquals(a, queue.previous(c));
        assertNull(queue.next(c));
        assertNull(queue.previous(a));
        assertEquals(2, queue.size());
    }

    @Test
    void aTaskIsInOneQueueAtATime() {
        Task a = task(false);
        queue.add(a);
        FifoQueue<Task> other = new FifoQueue<>(tasks);
        assertThrows(IllegalStateException.class, () -> other.add(a));
        assertFalse(other.remove(a));
        assertFalse(other.contains(a));
        assertTrue(queue.contains(a));
    }

    @Test
    void itBehavesAsADequeOfTheLibrary() {
        long seed = 42;
        Random random = new Random(seed);
        Deque<Task> expected = new ArrayDeque<>();
        List<Task> outside = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            outside.add(task(false));
        }
        for (int step = 0; step < 20_000; step++) {
            String at = "seed " + seed + " step " + step;
            switch (random.nextInt(5)) {
                case 0 -> {
                    if (!outside.isEmpty()) {
                        Task task = outside.removeLast();
                        expected.addLast(task);
                        queue.addLast(task);
                    }
                }
                case 1 -> {
                    if (!outside.isEmpty()) {
                        Task task = outside.removeLast();
                        expected.addFirst(task);
                        queue.addFirst(task);
                    }
                }
                case 2 -> take(expected.pollFirst(), queue.pollFirst(), outside, at);
                case 3 -> take(expected.pollLast(), queue.pollLast(), outside, at);
                default -> {
                    Task task = List.copyOf(expected).stream().skip(expected.size() / 2).findFirst().orElse(null);
                    if (task != null) {
                        expected.remove(task);
                        assertTrue(queue.remove(task), at);
                        outside.add(task);
                    }
                }
            }
            assertEquals(expected.size(), queue.size(), at);
            assertEquals(expected.isEmpty(), queue.isEmpty(), at);
        }
    }

    private static void take(Task expected, Task found, List<Task> outside, String at) {
        assertEquals(expected, found, at);
        if (found != null) {
            outside.add(found);
        }
    }
}
