package org.ghosthost.kernel.schedext;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Where the agents of one enclave go through before a pass: many at once, or one alone. Each agent has a flag on a
 * cache line of its own; whoever wants to be alone takes the owner word and then waits until all flags are down, while
 * an agent raises its flag first and then looks at the owner word. Of two who do this at the same time at least one
 * sees the other, because all four accesses are volatile. Nobody holds a lock; who waits spins for a moment and then
 * naps.
 *
 * <p>An agent that has not come to the end of its pass for {@link #patienceNs} counts as hung: it is not waited for.
 */
final class PassGate {
    /** No agent's slot: of a command. */
    static final int NO_SLOT = -1;

    private static final VarHandle FLAG = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle OWNER;
    /** Two cache lines, because processors fetch them in pairs. */
    private static final int STRIDE = 128 / Long.BYTES;
    private static final long NOBODY = 0;
    private static final int SPINS = 128;
    private static final long NAP_NS = 20_000;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(PassGate.class, "owner", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] flags;
    private final long patienceNs;

    @SuppressWarnings("FieldMayBeFinal") // written through OWNER
    private volatile long owner = NOBODY;

    /** With slots from 0 to {@code slots - 1}. */
    PassGate(int slots, long patienceNs) {
        flags = new long[(slots + 2) * STRIDE]; // one stride before and one behind, against neighbours on the heap
        this.patienceNs = patienceNs;
    }

    private static int at(int slot) {
        return (slot + 1) * STRIDE;
    }

    /** Enters beside others. False if {@code giveUp} became true before that. */
    boolean enter(int slot, BooleanSupplier giveUp) {
        int waited = 0;
        while (true) {
            FLAG.setVolatile(flags, at(slot), 1L);
            if (owner == NOBODY) {
                return true;
            }
            FLAG.setVolatile(flags, at(slot), 0L);
            while (owner != NOBODY) {
                if (giveUp.getAsBoolean()) {
                    return false;
                }
                pause(waited++);
            }
        }
    }

    /** Ends what {@link #enter} began. */
    void leave(int slot) {
        FLAG.setVolatile(flags, at(slot), 0L);
    }

    /**
     * Enters alone; the caller is not inside.
     *
     * @return false if {@code giveUp} became true, or another one that wanted to be alone hangs
     */
    boolean enterAlone(BooleanSupplier giveUp) {
        long me = Thread.currentThread().threadId();
        long start = System.nanoTime();
        for (int waited = 0; !OWNER.compareAndSet(this, NOBODY, me); waited++) {
            if (giveUp.getAsBoolean() || System.nanoTime() - start > patienceNs) {
                return false;
            }
            pause(waited);
        }
        for (int at = STRIDE; at < flags.length; at += STRIDE) {
            for (int waited = 0; (long) FLAG.getVolatile(flags, at) != 0; waited++) {
                if (giveUp.getAsBoolean()) {
                    leaveAlone();
                    return false;
                }
                if (System.nanoTime() - start > patienceNs) {
                    break; // hung
                }
                pause(waited);
            }
        }
        return true;
    }

    /** Ends what {@link #enterAlone} began. */
    void leaveAlone() {
        owner = NOBODY;
    }

    /** Whether the calling thread is alone inside. */
    boolean isMine() {
        return owner == Thread.currentThread().threadId();
    }

    private static void pause(int waited) {
        if (waited < SPINS) {
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(NAP_NS);
        }
    }
}
