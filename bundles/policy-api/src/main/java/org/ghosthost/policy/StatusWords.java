package org.ghosthost.policy;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.SIZE;

import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.StatusWordLayout;

/**
 * The status words of an enclave: what the kernel side says of each task at this moment, by index. Any thread may
 * read; a value can be newer than the messages that the reader has seen.
 */
public final class StatusWords {
    private final Longs longs;
    private final int capacity;

    /** A view on {@code memory}, which holds whole status words from its start. */
    public StatusWords(MemorySegment memory) {
        longs = new Longs(memory);
        capacity = Math.toIntExact(memory.byteSize() / SIZE);
    }

    /** Number of slots. */
    public int capacity() {
        return capacity;
    }

    /** Number of messages of the task so far; pairs with the kernel's release, so that what precedes it is visible. */
    public int barrier(int index) {
        return (int) longs.getAcquire(Longs.index(index, SIZE, StatusWordLayout.BARRIER));
    }

    /** The {@code StatusWordLayout.FLAG_...} bits; acquire, as {@link #barrier}. */
    public int flags(int index) {
        return (int) (longs.getAcquire(Longs.index(index, SIZE, StatusWordLayout.BARRIER)) >>> Integer.SIZE);
    }

    /**
     * {@link #barrier} in the low half and {@link #flags} in the high one, of one moment. A hint, cheaper than the two:
     * nothing that the kernel side wrote before is made visible by it.
     */
    public long barrierAndFlags(int index) {
        return longs.getOpaque(Longs.index(index, SIZE, StatusWordLayout.BARRIER));
    }

    /** Whether the slot belongs to a living task (not an agent) of the enclave. */
    public boolean isTask(int index) {
        return (flags(index) & (FLAG_IN_USE | FLAG_CAN_FREE | FLAG_IS_AGENT)) == FLAG_IN_USE;
    }

    /** Whether the task is on a CPU, or has not yet left it for good. */
    public boolean onCpu(int index) {
        return (flags(index) & FLAG_ON_CPU) != 0;
    }

    /** Whether the task can run. */
    public boolean runnable(int index) {
        return (flags(index) & FLAG_RUNNABLE) != 0;
    }

    /** The owner's gtid. */
    public long gtid(int index) {
        return longs.get(Longs.index(index, SIZE, StatusWordLayout.GTID));
    }

    /** When the task last got on a CPU, ns. */
    public long switchTimeNs(int index) {
        return longs.get(Longs.index(index, SIZE, StatusWordLayout.SWITCH_TIME));
    }

    /** CPU time so far, ns; updated when the task leaves a CPU. */
    public long runtimeNs(int index) {
        return longs.get(Longs.index(index, SIZE, StatusWordLayout.RUNTIME));
    }

    /** CPU that the task is on, or was on last; -1 if it never ran. */
    public int cpu(int index) {
        return (int) (longs.get(Longs.index(index, SIZE, StatusWordLayout.ENCLAVE)) >>> Integer.SIZE);
    }

    /** Process of the task. */
    public int tgid(int index) {
        return (int) longs.get(Longs.index(index, SIZE, StatusWordLayout.TGID));
    }

    /** Nice value, -20 to 19. */
    public int nice(int index) {
        return (int) (longs.get(Longs.index(index, SIZE, StatusWordLayout.TGID)) >>> Integer.SIZE);
    }

    /** Since when the task waits for a CPU, ns; 0 when it does not wait. */
    public long runnableSinceNs(int index) {
        return longs.get(Longs.index(index, SIZE, StatusWordLayout.RUNNABLE_SINCE));
    }
}
