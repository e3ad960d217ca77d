package org.ghosthost.enclave;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What one agent hands to another: a bounded ring with one producer and one consumer. */
final class Mailbox {
    /** Letters that fit; a sender that finds it full tries again in a later pass. */
    static final int CAPACITY = 256;

    private static final int FIELDS = 4;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(Mailbox.class, "head", long.class);
            TAIL = lookup.findVarHandle(Mailbox.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] letters = new long[CAPACITY * FIELDS];

    @SuppressWarnings("FieldMayBeFinal") // written through HEAD
    private long head;

    @SuppressWarnings("FieldMayBeFinal") // written through TAIL
    private long tail;

    /** Told of each letter. */
    interface Reader {
        void letter(int generation, long gtid, int statusWord, long word);
    }

    boolean put(int generation, long gtid, int statusWord, long word) {
        if (head - (long) TAIL.getAcquire(this) >= CAPACITY) { // pairs with the setRelease in read
            return false;
        }
        int at = (int) (head % CAPACITY) * FIELDS;
        letters[at] = generation;
        letters[at + 1] = gtid;
        letters[at + 2] = statusWord;
        letters[at + 3] = word;
        HEAD.setRelease(this, head + 1); // pairs with the getAcquire in read
        return true;
    }

    void read(Reader reader) {
        long end = (long) HEAD.getAcquire(this);
        for (long next = tail; next < end; next++) {
            int at = (int) (next % CAPACITY) * FIELDS;
            reader.letter((int) letters[at], letters[at + 1], (int) letters[at + 2], letters[at + 3]);
            TAIL.setRelease(this, next + 1);
        }
    }
}
