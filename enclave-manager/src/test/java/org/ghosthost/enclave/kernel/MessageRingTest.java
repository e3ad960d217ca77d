package org.ghosthost.enclave.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.abi.MessageLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageRingTest {
    private static MessageRing ring(int elements) {
        return new MessageRing(elements);
    }

    private static boolean put(MessageRing ring, int seqnum) {
        if (ring.begin(MessageType.TASK_WAKEUP, 0, seqnum, 7, 3) < 0) {
            return false;
        }
        ring.publish();
        return true;
    }

    private static List<Integer> seqnums(MessageRing ring, int limit) {
        List<Integer> seqnums = new ArrayList<>();
        ring.drain(message -> seqnums.add(message.seqnum()), limit);
        return seqnums;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 3, 65535, 65537, 131072, Integer.MIN_VALUE})
    void aSizeThatIsNoPowerOfTwoUpTo65536IsRefusedByItsValue(int elements) {
        var refused = assertThrows(IllegalArgumentException.class, () -> ring(elements));
        assertTrue(refused.getMessage().endsWith(": " + elements), refused.getMessage());
    }

    @Test
    void aMessageComesOutAsItWentIn() {
        MessageRing ring = ring(4);
        long at = ring.begin(MessageType.TASK_NEW, MessageLayout.FLAG_RUNNABLE, -5, 1L << 41, 65533);
        ring.memory().set(JAVA_LONG, at + MessageLayout.RUNTIME, 123);
        ring.publish();
        List<Message> seen = new ArrayList<>();
        ring.drain(message -> {
            seen.add(message);
            assertEquals(MessageType.TASK_NEW, message.type());
            assertEquals(-5, message.seqnum());
            assertEquals(1L << 41, message.gtid());
            assertEquals(65533, message.statusWord());
            assertEquals(123, message.runtimeNs());
            assertTrue(message.runnable());
        }, 1);
        assertEquals(1, seen.size());
    }

    @Test
    void nothingOfTheMessageBeforeIsLeftInARecord() {
        MessageRing ring = ring(1);
        long at = ring.begin(MessageType.TASK_PREEMPT, 0, 1, 7, 3);
        for (int field = MessageLayout.RUNTIME; field < MessageLayout.SIZE; field += Long.BYTES) {
            ring.memory().set(JAVA_LONG, at + field, -1);
        }
        ring.publish();
        seqnums(ring, 1);
        put(ring, 2);
        ring.drain(message -> {
            assertEquals(0, message.runtimeNs());
            assertEquals(0, message.cpuSeqnum());
            assertEquals(0, message.nice());
            assertEquals(0, message.parentGtid());
            assertEquals(0, message.timeNs());
        }, 1);
    }

    @Test
    void aBegunMessageIsNotSeenBeforeItIsPublished() {
        MessageRing ring = ring(4);
        ring.begin(MessageType.TASK_NEW, 0, 1, 7, 3);
        assertEquals(0, ring.depth());
        assertEquals(List.of(), seqnums(ring, 10));
        ring.publish();
        assertEquals(List.of(1), seqnums(ring, 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64})
    void aFullRingRefusesAndCountsAndGoesOnWhenItWasRead(int elements) {
        MessageRing ring = ring(elements);
        for (int i = 0; i < elements; i++) {
            assertTrue(put(ring, i));
        }
        assertEquals(-1, ring.begin(MessageType.TASK_DEAD, 0, 99, 7, 3));
        assertEquals(1, ring.overflows());
        assertEquals(elements, ring.depth());
        assertEquals(List.of(0), seqnums(ring, 1));
        assertTrue(put(ring, 100));
        assertEquals(1, ring.overflows());
        List<Integer> rest = seqnums(ring, elements + 1);
        assertEquals(100, rest.getLast());
        assertEquals(elements, rest.size());
        assertEquals(0, ring.depth());
    }

    @Test
    void aMessageWhoseHandlerFailedIsShownAgain() {
        MessageRing ring = ring(4);
        put(ring, 1);
        put(ring, 2);
        assertThrows(IllegalStateException.class, () -> ring.drain(message -> {
            throw new IllegalStateException("the policy is at fault");
        }, 10));
        assertEquals(List.of(1, 2), seqnums(ring, 10));
    }

    @Test
    void noMoreThanTheLimitIsShownAtOnce() {
        MessageRing ring = ring(8);
        for (int i = 0; i < 5; i++) {
            put(ring, i);
        }
        assertEquals(List.of(0, 1, 2), seqnums(ring, 3));
        assertEquals(2, ring.depth());
        assertEquals(List.of(3, 4), seqnums(ring, 3));
    }

    @Test
    void twoThreadsLoseAndSwapNoMessage() {
        int messages = 100_000;
        MessageRing ring = ring(64);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            CompletableFuture<Void> producer = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < messages; i++) {
                    while (!put(ring, i)) {
                        Thread.yield();
                    }
                }
            });
            int[] next = {0};
            while (next[0] < messages) {
                ring.drain(message -> assertEquals(next[0]++, message.seqnum()), 16);
                Thread.yield();
            }
            producer.join();
        });
        assertEquals(0, ring.depth());
    }
}
