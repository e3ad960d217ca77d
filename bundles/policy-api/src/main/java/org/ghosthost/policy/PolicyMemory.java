package org.ghosthost.policy;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * 64 bytes for each status-word slot that belong to the policy in charge and outlive it: the place for what a
 * successor should find (a vruntime, a deadline). Zero when a task enters. The enclave keeps beside it which policy
 * wrote it, in which layout version; {@link PolicyContext#inherited()} tells the successor. Each generation has its
 * own view; what it stores counts only while it leads, so that a follower cannot spoil what the leader keeps.
 */
public final class PolicyMemory {
    /** Bytes of one slot. */
    public static final int SLOT_SIZE = 64;

    private final MemorySegment memory;
    private boolean writable;

    /** A view on {@code memory}, which holds one slot for each status word. */
    public PolicyMemory(MemorySegment memory) {
        this.memory = memory;
    }

    /** The {@code word}-th long (0 to 7) of the task with this status word. */
    public long get(int statusWord, int word) {
        return memory.get(JAVA_LONG, offset(statusWord, word));
    }

    /** Stores the {@code word}-th long (0 to 7) of the task with this status word; no effect for a follower. */
    public void set(int statusWord, int word, long value) {
        if (writable) {
            memory.set(JAVA_LONG, offset(statusWord, word), value);
        }
    }

    /** Whether stores count; set by the enclave when the generation begins or ceases to lead. */
    public void writable(boolean leads) {
        writable = leads;
    }

    private static long offset(int statusWord, int word) {
        if (word < 0 || word >= SLOT_SIZE / Long.BYTES) {
            throw new IndexOutOfBoundsException("policy memory has words 0..7: " + word);
        }
        return (long) statusWord * SLOT_SIZE + (long) word * Long.BYTES;
    }
}
