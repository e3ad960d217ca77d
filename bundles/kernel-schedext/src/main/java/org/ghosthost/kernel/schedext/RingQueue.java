package org.ghosthost.kernel.schedext;

import java.lang.foreign.MemorySegment;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.ffm.SharedMemory;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.MessageLayout;

/**
 * A BPF ring buffer, read where it lies. The kernel keeps the producer's position on one page, the consumer's on
 * another, and the data twice in a row, so that a record never wraps for the reader.
 *
 * <pre>
 *  a record:  | u32 length, BUSY, DISCARD | u32 page | 64 bytes of message |
 * </pre>
 *
 * <p>One thread drains at a time; any may ask for the depth. Nothing allocates.
 */
final class RingQueue {
    /** Bytes before each record. */
    static final int HEADER = 8;
    /** Bytes of a record with its header: a multiple of 8. */
    static final int RECORD = HEADER + MessageLayout.SIZE;

    private static final int BUSY = 1 << 31;
    private static final int DISCARD = 1 << 30;
    private static final int ALIGNMENT = 8;

    private final Longs consumer;
    private final Longs producer;
    private final Longs data;
    private final long mask;
    private final Message view = new Message();

    /**
     * A reader of memory that is laid out as the kernel lays it out.
     *
     * @param consumer begins with the consumer's position
     * @param producer begins with the producer's position
     * @param data twice {@code bytes} long
     * @param bytes size of the ring, a power of two
     */
    RingQueue(MemorySegment consumer, MemorySegment producer, MemorySegment data, long bytes) {
        this.consumer = new Longs(consumer);
        this.producer = new Longs(producer);
        this.data = new Longs(data);
        mask = bytes - 1;
    }

    /** Maps the ring buffer of this file. */
    static RingQueue map(FileDescriptor ring, long bytes) throws NativeException {
        return new RingQueue(
                SharedMemory.map(ring, 0, SharedMemory.PAGE, true),
                SharedMemory.map(ring, SharedMemory.PAGE, SharedMemory.PAGE, false),
                SharedMemory.map(ring, 2 * SharedMemory.PAGE, 2 * bytes, false), bytes);
    }

    /** Size of a ring that holds so many messages: a power of two, at least a page. */
    static int bytesFor(int messages) {
        long bytes = Math.max((long) messages * RECORD, SharedMemory.PAGE);
        return Math.toIntExact(Long.highestOneBit(bytes - 1) << 1);
    }

    /** Shows up to {@code limit} messages and then frees those whose handler returned; how many there were. */
    int drain(KernelEnclave.MessageHandler handler, int limit) {
        long from = consumer.get(0); // nobody else writes it
        long to = producer.getAcquire(0);
        long at = from;
        int messages = 0;
        try {
            while (at < to && messages < limit) {
                int index = (int) ((at & mask) >>> 3);
                int header = (int) data.getAcquire(index); // pairs with the kernel's exchange when it submits
                if ((header & BUSY) != 0) {
                    break;
                }
                if ((header & DISCARD) == 0) {
                    handler.message(view.wrap(data, index + HEADER / Long.BYTES));
                    messages++;
                }
                at += ((header & ~(BUSY | DISCARD)) + HEADER + ALIGNMENT - 1) & -ALIGNMENT;
            }
        } finally {
            if (at != from) {
                consumer.setRelease(0, at); // the kernel may write there from now on
            }
        }
        return messages;
    }

    /** Messages not read yet, those that are being written included. */
    int depth() {
        return (int) ((producer.getAcquire(0) - consumer.getAcquire(0)) / RECORD);
    }

    /** Whether there is something that was not read yet. */
    boolean isEmpty() {
        return producer.getAcquire(0) == consumer.getAcquire(0);
    }
}
