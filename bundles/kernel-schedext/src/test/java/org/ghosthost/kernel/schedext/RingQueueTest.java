package org.ghosthost.kernel.schedext;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.ffm.Bpf;
import org.ghosthost.ffm.Epoll;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.policy.abi.MessageLayout;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Reads rings: one of the kernel, filled by a BPF program, where that is allowed; and one that is only laid out so. */
final class RingQueueTest {
    private static final int BYTES = 4096;
    private static final int BUSY = 1 << 31;
    private static final int DISCARD = 1 << 30;

    @Test
    void aRingHasRoomForAllItsMessages() {
        assertEquals(4096, RingQueue.bytesFor(1));
        assertEquals(4096, RingQueue.bytesFor(32));
        assertEquals(8192, RingQueue.bytesFor(64));
        assertEquals(8 << 20, RingQueue.bytesFor(65_536));
    }

    /** A ring in plain memory. */
    @Nested
    final class LaidOut {
        private final MemorySegment consumer = Arena.ofAuto().allocate(BYTES, Long.BYTES);
        private final MemorySegment producer = Arena.ofAuto().allocate(BYTES, Long.BYTES);
        private final MemorySegment data = Arena.ofAuto().allocate(2 * BYTES, Long.BYTES);
        private final RingQueue ring = new RingQueue(consumer, producer, data, BYTES);
        private final List<Long> seen = new ArrayList<>();

        /** Writes a record in both images of the data, as the kernel's pages are mapped twice. */
        private void put(int length, int flags, long gtid) {
            long at = producer.get(JAVA_LONG, 0) % BYTES;
            for (long image = at - BYTES; image <= at + BYTES; image += BYTES) {
                for (long offset = 0; offset < RingQueue.HEADER + length; offset += Long.BYTES) {
                    long place = image + offset;
                    if (place >= 0 && place < 2 * BYTES) {
                        data.set(JAVA_LONG, place, offset == 0 ? (length | flags) & 0xffff_ffffL
                                : offset == RingQueue.HEADER + MessageLayout.GTID ? gtid : 0);
                    }
                }
            }
            producer.set(JAVA_LONG, 0, producer.get(JAVA_LONG, 0) + RingQueue.HEADER + length);
        }

        private int drain(int limit) {
            return ring.drain(message -> seen.add(message.gtid()), limit);
        }

        @Test
        void messagesComeInOrderAcrossTheEndOfTheData() {
            for (long gtid = 1; gtid <= 1000; gtid++) {
                put(MessageLayout.SIZE, 0, gtid);
                assertEquals(1, ring.depth());
                assertEquals(1, drain(10));
                assertEquals(gtid, seen.removeFirst());
                assertTrue(ring.isEmpty());
            }
        }

        @Test
        void theLimitLeavesTheRest() {
            for (long gtid = 1; gtid <= 5; gtid++) {
                put(MessageLayout.SIZE, 0, gtid);
            }
            assertEquals(3, drain(3));
            assertEquals(2, ring.depth());
            assertEquals(2, drain(3));
            assertEquals(List.of(1L, 2L, 3L, 4L, 5L), seen);
        }

        @Test
        void aRecordThatIsBeingWrittenStopsTheReader() {
            put(MessageLayout.SIZE, 0, 1);
            put(MessageLayout.SIZE, BUSY, 2);
            put(MessageLayout.SIZE, 0, 3);
            assertEquals(1, drain(10));
            assertEquals(0, drain(10));
            assertFalse(ring.isEmpty());
            data.set(JAVA_INT, RingQueue.RECORD, MessageLayout.SIZE);
            assertEquals(2, drain(10));
            assertEquals(List.of(1L, 2L, 3L), seen);
        }

        @Test
        void whatWasDiscardedIsPassedOver() {
            put(MessageLayout.SIZE, 0, 1);
            put(Long.BYTES, DISCARD, 0);
            put(MessageLayout.SIZE, 0, 3);
            assertEquals(2, drain(10));
            assertTrue(ring.isEmpty());
            assertEquals(List.of(1L, 3L), seen);
        }

        @Test
        void aMessageWhoseHandlerThrowsIsShownAgain() {
            put(MessageLayout.SIZE, 0, 1);
            put(MessageLayout.SIZE, 0, 2);
            assertThrows(IllegalStateException.class, () -> ring.drain(message -> {
                if (message.gtid() == 2) {
                    throw new IllegalStateException();
                }
            }, 10));
            assertEquals(1, ring.depth());
            assertEquals(1, drain(10));
            assertEquals(List.of(2L), seen);
        }
    }

    /** A ring of the kernel. */
    @Nested
    final class OfTheKernel {
        private static final int BIG = 1 << 20;
        private static final int BATCH = 64;
        private long expected;

        private FileDescriptor newRing(int bytes) throws NativeException {
            try {
                return Bpf.createMap("test", Bpf.RING_BUFFER, 0, 0, bytes, 0);
            } catch (NativeException e) {
                assumeTrue(e.errno() == 0, "no BPF here: " + e.getMessage());
                throw e;
            }
        }

        private RingProducer producer(FileDescriptor ring, int records, int flags) {
            RingProducer producer = new RingProducer(ring, records, flags);
            assumeTrue(producer.isPossible(), "no BPF programs here");
            return producer;
        }

        @Test
        void messagesComeInOrderForManyRounds() throws NativeException {
            try (FileDescriptor file = newRing(BYTES)) {
                RingProducer producer = producer(file, 1, RingProducer.NO_WAKEUP);
                RingQueue ring = RingQueue.map(file, BYTES);
                for (long gtid = 1; gtid <= 1000; gtid++) {
                    producer.message().set(JAVA_LONG, MessageLayout.GTID, gtid);
                    assertEquals(0, producer.produce());
                    if (gtid % 7 == 0) {
                        assertEquals(7, ring.depth());
                        assertEquals(7, ring.drain(message -> assertEquals(++expected, message.gtid()), 100));
                    }
                }
            }
        }

        @Test
        void aFullRingRefusesAndKeepsWhatItHas() throws NativeException {
            try (FileDescriptor file = newRing(BYTES)) {
                RingProducer producer = producer(file, 1, RingProducer.NO_WAKEUP);
                RingQueue ring = RingQueue.map(file, BYTES);
                int fits = 0;
                while (producer.produce() == 0) {
                    fits++;
                }
                assertTrue(fits >= BYTES / RingQueue.RECORD - 1, "fits: " + fits);
                assertEquals(fits, ring.drain(message -> { }, 1000));
                assertEquals(0, producer.produce());
            }
        }

        @Test
        void aMessageWakesOnlyWhenItIsToldTo() throws NativeException {
            try (FileDescriptor file = newRing(BYTES); Epoll epoll = Epoll.open()) {
                epoll.add(file);
                RingQueue ring = RingQueue.map(file, BYTES);
                assertFalse(epoll.await(0));
                assertEquals(0, producer(file, 1, RingProducer.NO_WAKEUP).produce());
                assertFalse(ring.isEmpty());
                assertFalse(epoll.await(0), "epoll looks again only after a wake-up");
                assertEquals(0, producer(file, 1, RingProducer.FORCE_WAKEUP).produce());
                assertTrue(epoll.await(10_000_000_000L));
                assertEquals(2, ring.drain(message -> { }, 10));
                assertFalse(epoll.await(0));
            }
        }

        @Test
        void producingAndDrainingAllocateNothing() throws NativeException {
            try (FileDescriptor file = newRing(BIG)) {
                RingProducer producer = producer(file, BATCH, RingProducer.NO_WAKEUP);
                RingQueue ring = RingQueue.map(file, BIG);
                long[] sum = new long[1];
                KernelEnclave.MessageHandler handler = message -> sum[0] += message.seqnum() + message.type();
                ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                long least = Long.MAX_VALUE;
                for (int window = 0; window < 1_000 && least > 0; window++) {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    for (int i = 0; i < 1000; i++) {
                        producer.produce();
                        if (ring.drain(handler, BATCH) != BATCH) {
                            throw new AssertionError("not all messages came");
                        }
                    }
                    least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                }
                assertEquals(0, least, "bytes in 64000 messages");
            }
        }
    }
}
