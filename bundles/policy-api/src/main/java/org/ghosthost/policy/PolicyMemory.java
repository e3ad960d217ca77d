package org.ghosthost.policy;

import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.abi.Longs;

/**
 * 64 bytes for each status-word slot that belong to the policy in charge and outlive it: the place for what a
 * successor should find (a vruntime, a deadline). Zero when a task enters. Beside each slot stands a stamp that says
 * which policy wrote it, in which layout version: a policy reads zeros where another one wrote. Which layout a policy
 * inherits is told by {@link PolicyContext#inherited()}. Each generation has its own view; what it stores counts only
 * while it leads, so that a follower cannot spoil what the leader keeps.
 */
public final class PolicyMemory {
    /** Bytes of one slot. */
    public static final int SLOT_SIZE = 64;

    private final Longs longs;
    private final int[] stamps;
    private final int own;
    private final int inherited;
    private boolean writable;

    /** A view on {@code memory}, which holds one slot for each status word and has one writer. */
    public PolicyMemory(MemorySegment memory) {
        this(memory, new int[Math.toIntExact(memory.byteSize() / SLOT_SIZE)], 0, 0);
    }

    /**
     * A view on {@code memory} that several policies share in turn.
     *
     * @param memory one slot for each status word
     * @param stamps who wrote each slot; shared by all views
     * @param own stamp of what this view writes
     * @param inherited stamp of what it reads besides; equal to {@code own} if nothing
     */
    public PolicyMemory(MemorySegment memory, int[] stamps, int own, int inherited) {
        longs = new Longs(memory);
        this.stamps = stamps;
        this.own = own;
        this.inherited = inherited;
    }

    /** The {@code word}-th long (0 to 7) of the task with this status word. */
    public long get(int statusWord, int word) {
        int at = index(statusWord, word);
        return isReadable(statusWord) ? longs.get(at) : 0;
    }

    /** Stores the {@code word}-th long (0 to 7) of the task with this status word; no effect for a follower. */
    public void set(int statusWord, int word, long value) {
        int at = index(statusWord, word);
        if (!writable) {
            return;
        }
        if (stamps[statusWord] != own) {
            if (!isReadable(statusWord)) {
                for (int i = 0; i < SLOT_SIZE / Long.BYTES; i++) {
                    longs.set(index(statusWord, i), 0);
                }
            }
            stamps[statusWord] = own;
        }
        longs.set(at, value);
    }

    private boolean isReadable(int statusWord) {
        int stamp = stamps[statusWord];
        return stamp == own || stamp == inherited;
    }

    /** Whether stores count; set by the enclave when the generation begins or ceases to lead. */
    public void writable(boolean leads) {
        writable = leads;
    }

    private static int index(int statusWord, int word) {
        if (word < 0 || word >= SLOT_SIZE / Long.BYTES) {
            throw new IndexOutOfBoundsException("policy memory has words 0..7: " + word);
        }
        return Longs.index(statusWord, SLOT_SIZE, word * Long.BYTES);
    }
}
