package org.ghosthost.policy.priotable;

import static org.ghosthost.policy.priotable.PrioTableLayout.INT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The sequence counter of a sched item: odd while one of its writers writes, and another number afterwards. Readers
 * never wait; they find out that what they read was torn.
 */
final class SeqCount {
    private static final int SPINS = 1_000;
    private static final int PAUSES = 10_000;
    private static final long PAUSE_NS = 100_000;

    private SeqCount() {
    }

    /**
     * Locks for writing, and waits for another writer if need be, for at least a second.
     *
     * @return the odd value to be given to {@link #writeEnd}
     * @throws IllegalStateException if the other writer never ends
     */
    static int writeBegin(final MemorySegment memory, final long offset) {
        for (int i = 0; i < SPINS + PAUSES; i++) {
            final int begin = tryWriteBegin(memory, offset);
            if (isLocked(begin)) {
                return begin;
            }
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                // The other writer may be a thread that the policy has taken off its CPU: leave it one.
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        throw new IllegalStateException("a sched item is locked for more than "
                + PAUSES * PAUSE_NS / 1_000_000 + " ms: its writer has died in the middle of a write");
    }

    /** Locks for writing if nobody else writes. Returns the odd value for {@link #writeEnd}, or an even one if not. */
    static int tryWriteBegin(final MemorySegment memory, final long offset) {
        final int before = (int) INT.getOpaque(memory, offset);
        // The CAS pairs with the setRelease of the writer before: its stores come before ours.
        if (isLocked(before) || !INT.compareAndSet(memory, offset, before, before + 1)) {
            return 0;
        }
        // Pairs with the acquireFence in readEnd: who reads one of our stores reads the odd number too.
        VarHandle.storeStoreFence();
        return before + 1;
    }

    /** Unlocks. */
    static void writeEnd(final MemorySegment memory, final long offset, final int begin) {
        // Pairs with the getAcquire in readBegin: who reads this number reads all our stores.
        INT.setRelease(memory, offset, begin + 1);
    }

    /** Returns the number with which a read begins; odd if somebody is writing. */
    static int readBegin(final MemorySegment memory, final long offset) {
        // Pairs with the setRelease in writeEnd.
        return (int) INT.getAcquire(memory, offset);
    }

    /** Returns whether what was read since {@code begin} is whole: nobody wrote meanwhile. */
    static boolean readEnd(final MemorySegment memory, final long offset, final int begin) {
        // Pairs with the storeStoreFence in tryWriteBegin.
        VarHandle.acquireFence();
        return !isLocked(begin) && (int) INT.getOpaque(memory, offset) == begin;
    }

    static boolean isLocked(final int seqcount) {
        return (seqcount & 1) != 0;
    }
}
