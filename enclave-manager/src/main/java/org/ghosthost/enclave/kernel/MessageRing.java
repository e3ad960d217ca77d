package org.ghosthost.enclave.kernel;

import static org.ghosthost.policy.abi.MessageLayout.SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.abi.Longs;
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

    private static final int LONGS = SIZE / Long.BYTES;

    // One memory, seen in three ways.
    private final long[] longs;
    private final MemorySegment memory;
    private final Longs records;
    private final int elements;
    private final Message view = new Message();

    @SuppressWarnings("FieldMayBeFinal") // written through HEAD: next free element, counts up for ever
    private long head;

    @SuppressWarnings("FieldMayBeFinal") // written through TAIL: next unread element, counts up for ever
    private long tail;

    private long seenTail; // the producer looks at the tail only when the ring seems full
    private long overflows;

    /** A ring of {@code elements} messages, a power of two. */
    public MessageRing(int elements) {
        if (elements <= 0 || elements > MAX_ELEMENTS || Integer.bitCount(elements) != 1) {
            throw new IllegalArgumentException("queue size must be a power of two up to 65536: " + elements);
        }
        this.elements = elements;
        longs = new long[elements * LONGS];
        memory = MemorySegment.ofArray(longs);
        records = new Longs(memory);
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
        if (isFull()) {
            overflows++;
            return -1;
        }
        int at = ((int) head & (elements - 1)) * LONGS;
        longs[at + MessageLayout.TYPE / Long.BYTES] = header(type, flags, seqnum);
        longs[at + MessageLayout.GTID / Long.BYTES] = gtid;
        longs[at + MessageLayout.CPU / Long.BYTES] = two(0, statusWord);
        for (int field = MessageLayout.RUNTIME / Long.BYTES; field < LONGS; field++) {
            longs[at + field] = 0;
        }
        return (long) at * Long.BYTES;
    }

    /**
     * Puts a whole message into the ring; for the meaning of the fields see {@link MessageLayout}.
     *
     * @return false if the ring is full, which is counted
     */
    public boolean put(
            int type, int flags, int seqnum, long gtid, int cpu, int statusWord, long runtime, long cpuSeqnum,
            int nice, int wakerCpu, long data, long time) {
        if (isFull()) {
            overflows++;
            return false;
        }
        int at = ((int) head & (elements - 1)) * LONGS;
        longs[at + MessageLayout.TYPE / Long.BYTES] = header(type, flags, seqnum);
        longs[at + MessageLayout.GTID / Long.BYTES] = gtid;
        longs[at + MessageLayout.CPU / Long.BYTES] = two(cpu, statusWord);
        longs[at + MessageLayout.RUNTIME / Long.BYTES] = runtime;
        longs[at + MessageLayout.CPU_SEQNUM / Long.BYTES] = cpuSeqnum;
        longs[at + MessageLayout.NICE / Long.BYTES] = two(nice, wakerCpu);
        longs[at + MessageLayout.DATA / Long.BYTES] = data;
        longs[at + MessageLayout.TIME / Long.BYTES] = time;
        HEAD.setRelease(this, head + 1); // pairs with the getAcquire in drain
        return true;
    }

    private boolean isFull() {
        if (head - seenTail >= elements) {
            seenTail = (long) TAIL.getAcquire(this); // pairs with the setRelease in drain
        }
        return head - seenTail >= elements;
    }

    private static long header(int type, int flags, int seqnum) {
        return (type & 0xffffL) | (flags & 0xffffL) << Short.SIZE | (long) seqnum << Integer.SIZE;
    }

    private static long two(int low, int high) {
        return (low & 0xffff_ffffL) | (long) high << Integer.SIZE;
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

    /** Shows up to {@code limit} messages and then frees those whose handler returned; how many there were. */
    public int drain(KernelEnclave.MessageHandler handler, int limit) {
        long from = tail;
        long to = Math.min((long) HEAD.getAcquire(this), from + limit);
        long at = from;
        try {
            while (at < to) {
                handler.message(view.wrap(records, ((int) at & (elements - 1)) * LONGS));
                at++;
            }
        } finally {
            TAIL.setRelease(this, at);
        }
        return (int) (to - from);
    }

    /** Messages not read yet. */
    public int depth() {
        return (int) ((long) HEAD.getAcquire(this) - (long) TAIL.getAcquire(this));
    }
}
