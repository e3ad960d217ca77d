package org.ghosthost.enclave.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.ghosthost.policy.abi.MessageLayout.SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.abi.MessageLayout;

/**
 * A queue inside of this process: one producer, one consumer, fixed records. Used by every backend whose kernel side
 * is Java. Bounded; a message that does not fit is counted and refused.
 */
public final class MessageRing {
    /** Most elements of a queue (ghOSt's ABI). */
    public static final int MAX_ELEMENTS = 65536;

    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(MessageRing.class, "head", long.class);
            TAIL = lookup.findVarHandle(MessageRing.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MemorySegment memory;
    private final int elements;
    private final Message view = new Message();

    @SuppressWarnings("FieldMayBeFinal") // written through HEAD: next free element, counts up for ever
    private long head;

    @SuppressWarnings("FieldMayBeFinal") // written through TAIL: next unread element, counts up for ever
    private long tail;

    private long overflows;

    /** A ring of {@code elements} messages, a power of two. */
    public MessageRing(SegmentAllocator allocator, int elements) {
        if (elements <= 0 || elements > MAX_ELEMENTS || Integer.bitCount(elements) != 1) {
            throw new IllegalArgumentException("queue size must be a power of two up to 65536: " + elements);
        }
        this.elements = elements;
        memory = allocator.allocate((long) elements * SIZE, SIZE);
    }

    /** Number of messages that fit. */
    public int elements() {
        return elements;
    }

    // ---- producer

    /**
     * Starts a message; fields not set are zero. Write the rest at the returned offset of {@link #memory()}, then
     * {@link #publish}.
     *
     * @return offset of the record; -1 if the ring is full, which is counted
     */
    public long begin(int type, int flags, int seqnum, long gtid, int statusWord) {
        if (head - (long) TAIL.getAcquire(this) >= elements) { // pairs with the setRelease in drain
            overflows++;
            return -1;
        }
        long at = (head & (elements - 1)) * SIZE;
        memory.set(JAVA_SHORT, at + MessageLayout.TYPE, (short) type);
        memory.set(JAVA_SHORT, at + MessageLayout.FLAGS, (short) flags);
        memory.set(JAVA_INT, at + MessageLayout.SEQNUM, seqnum);
        memory.set(JAVA_LONG, at + MessageLayout.GTID, gtid);
        memory.set(JAVA_INT, at + MessageLayout.CPU, 0);
        memory.set(JAVA_INT, at + MessageLayout.STATUS_WORD, statusWord);
        for (int field = MessageLayout.RUNTIME; field < SIZE; field += Long.BYTES) {
            memory.set(JAVA_LONG, at + field, 0);
        }
        return at;
    }

    /** Makes the begun message visible to the consumer. */
    public void publish() {
        HEAD.setRelease(this, head + 1); // pairs with the getAcquire in drain
    }

    /** Where the records are. */
    public MemorySegment memory() {
        return memory;
    }

    /** Messages refused because the ring was full. */
    public long overflows() {
        return overflows;
    }

    // ---- consumer

    /** Shows up to {@code limit} messages and frees each after its handler returned; how many there were. */
    public int drain(KernelEnclave.MessageHandler handler, int limit) {
        long from = tail;
        long to = Math.min((long) HEAD.getAcquire(this), from + limit);
        for (long at = from; at < to; at++) {
            handler.message(view.wrap(memory, (at & (elements - 1)) * SIZE));
            TAIL.setRelease(this, at + 1);
        }
        return (int) (to - from);
    }

    /** Messages not read yet. */
    public int depth() {
        return (int) ((long) HEAD.getAcquire(this) - (long) TAIL.getAcquire(this));
    }
}
