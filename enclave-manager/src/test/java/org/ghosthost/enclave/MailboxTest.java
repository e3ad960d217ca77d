package org.ghosthost.enclave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MailboxTest {
    private record Letter(int generation, long gtid, int statusWord, long word) {}

    private final Mailbox box = new Mailbox();
    private final List<Letter> read = new ArrayList<>();

    private void readAll() {
        box.read((generation, gtid, statusWord, word) -> read.add(new Letter(generation, gtid, statusWord, word)));
    }

    @Test
    void lettersComeOutWholeAndInOrder() {
        assertTrue(box.put(7, Long.MAX_VALUE, 65533, -1));
        assertTrue(box.put(Integer.MAX_VALUE, 1, 0, Long.MIN_VALUE));
        readAll();
        assertEquals(
                List.of(new Letter(7, Long.MAX_VALUE, 65533, -1), new Letter(Integer.MAX_VALUE, 1, 0, Long.MIN_VALUE)),
                read);
    }

    @Test
    void anEmptyBoxShowsNothing() {
        readAll();
        assertTrue(read.isEmpty());
    }

    @Test
    void aFullBoxRefusesUntilItWasRead() {
        for (int i = 0; i < Mailbox.CAPACITY; i++) {
            assertTrue(box.put(1, i, i, i));
        }
        assertFalse(box.put(1, -1, -1, -1));
        readAll();
        assertEquals(Mailbox.CAPACITY, read.size());
        assertTrue(box.put(1, 99, 99, 99));
        readAll();
        assertEquals(new Letter(1, 99, 99, 99), read.getLast());
    }

    @Test
    void aReaderMayAnswerIntoTheSameBoxWhileItReads() {
        box.put(1, 1, 0, 0);
        box.read((generation, gtid, statusWord, word) -> box.put(1, gtid + 1, 0, 0));
        readAll();
        assertEquals(List.of(new Letter(1, 2, 0, 0)), read);
    }

    @Test
    void aLetterWhoseReaderFailedIsStillThere() {
        box.put(1, 42, 0, 0);
        assertThrows(IllegalStateException.class, () -> box.read((generation, gtid, statusWord, word) -> {
            throw new IllegalStateException("the policy is at fault");
        }));
        readAll();
        assertEquals(42, read.getFirst().gtid());
    }

    @Test
    void twoThreadsLoseAndSwapNoLetter() {
        int letters = 100_000;
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < letters; i++) {
                    while (!box.put(i, i * 3L, i, ~(long) i)) {
                        Thread.yield();
                    }
                }
            });
            int[] next = {0};
            while (next[0] < letters) {
                box.read((generation, gtid, statusWord, word) -> {
                    assertEquals(next[0], generation);
                    assertEquals(next[0] * 3L, gtid);
                    assertEquals(next[0], statusWord);
                    assertEquals(~(long) next[0], word);
                    next[0]++;
                });
                Thread.yield();
            }
            writer.join();
        });
    }
}
