package org.ghosthost.enclave.kernel;

import static org.ghosthost.policy.abi.TransactionLayout.SIZE;
import static org.ghosthost.policy.abi.TransactionLayout.STATE_READY;

import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.TransactionLayout;

/**
 * Access to the transaction slots of an enclave, by CPU number. The agent side writes a slot while its state is a
 * result and then makes it READY (release); the kernel side claims it (compare-and-set) and stores the result
 * (release), which the agent reads (acquire). All by 64-bit words: the two fields of a word are written together.
 */
public final class TransactionTable {
    private static final int FREE = -1;
    private static final long LOW = 0xffff_ffffL;
    private static final int FLAGS_MASK = (1 << (TransactionFlags.COMMIT_SHIFT + Byte.SIZE)) - 1;

    private final Longs longs;

    /** A view on {@code memory}, one slot for each possible CPU. */
    public TransactionTable(MemorySegment memory) {
        longs = new Longs(memory);
    }

    /** As a slot is when its CPU comes into the enclave: COMPLETE, owned by nobody. */
    public void reset(int cpu) {
        for (int field = 0; field < SIZE; field += Long.BYTES) {
            longs.set(at(cpu, field), 0);
        }
        longs.set(at(cpu, TransactionLayout.VERSION), both(TransactionLayout.VERSION_NUMBER, cpu));
        longs.set(at(cpu, TransactionLayout.SYNC_GROUP_OWNER), both(FREE, 0));
        store(cpu, TransactionState.COMPLETE);
    }

    // ---- agent side

    /**
     * Fills the slot of {@code cpu} and makes it READY.
     *
     * @throws IllegalStateException if the slot has no result yet: somebody else may be reading it
     */
    public void open(int cpu, long gtid, int taskBarrier, int agentBarrier, int flags, long sliceNs, int generation) {
        if (!TransactionState.isResult(state(cpu))) {
            throw new IllegalStateException("the transaction of CPU " + cpu + " is pending");
        }
        longs.set(at(cpu, TransactionLayout.TASK_BARRIER), both(taskBarrier, flags & FLAGS_MASK));
        longs.set(at(cpu, TransactionLayout.GTID), gtid);
        longs.set(at(cpu, TransactionLayout.SLICE), sliceNs);
        if (generation(cpu) != generation) {
            replaceHigh(cpu, TransactionLayout.SYNC_GROUP_OWNER, generation);
        }
        longs.setRelease(at(cpu, TransactionLayout.STATE), both(STATE_READY, agentBarrier));
    }

    /** READY, a claiming CPU's number, or a result; acquire, pairs with {@link #store}. */
    public int state(int cpu) {
        return (int) longs.getAcquire(at(cpu, TransactionLayout.STATE));
    }

    /** Takes a READY slot back. False if somebody was faster. */
    public boolean abort(int cpu) {
        return replaceLow(cpu, TransactionLayout.STATE, STATE_READY, TransactionState.ABORTED.code());
    }

    /** Takes ownership for a sync group. False if another owner has it. */
    public boolean own(int cpu, int owner) {
        return replaceLow(cpu, TransactionLayout.SYNC_GROUP_OWNER, FREE, owner) || owner(cpu) == owner;
    }

    /** Gives ownership up. */
    public void disown(int cpu) {
        replaceLow(cpu, TransactionLayout.SYNC_GROUP_OWNER, owner(cpu), FREE);
    }

    /** Owner of the slot for a sync group, or -1. */
    public int owner(int cpu) {
        return (int) longs.getAcquire(at(cpu, TransactionLayout.SYNC_GROUP_OWNER));
    }

    // ---- kernel side

    /** Claims a READY slot for the CPU that commits it. False if it is not READY. */
    public boolean claim(int cpu, int committer) {
        return replaceLow(cpu, TransactionLayout.STATE, STATE_READY, committer);
    }

    /** Stores the result, after the out fields. */
    public void store(int cpu, TransactionState result) {
        longs.setRelease(at(cpu, TransactionLayout.STATE), both(result.code(), agentBarrier(cpu)));
    }

    /** Writes the out fields of a commit. */
    public void committed(int cpu, long commitTimeNs, long cpuSeqnum) {
        longs.set(at(cpu, TransactionLayout.COMMIT_TIME), commitTimeNs);
        longs.set(at(cpu, TransactionLayout.CPU_SEQNUM), cpuSeqnum);
    }

    // ---- fields

    /** Version of the record's format; 0 is the only one. */
    public int version(int cpu) {
        return (int) longs.get(at(cpu, TransactionLayout.VERSION));
    }

    /** CPU number in the slot. */
    public int cpu(int cpu) {
        return (int) (longs.get(at(cpu, TransactionLayout.VERSION)) >>> Integer.SIZE);
    }

    /** Target. */
    public long gtid(int cpu) {
        return longs.get(at(cpu, TransactionLayout.GTID));
    }

    /** Last seqnum of the task that the agent has seen. */
    public int taskBarrier(int cpu) {
        return (int) longs.get(at(cpu, TransactionLayout.TASK_BARRIER));
    }

    /** The agent's own barrier. */
    public int agentBarrier(int cpu) {
        return (int) (longs.get(at(cpu, TransactionLayout.STATE)) >>> Integer.SIZE);
    }

    /** Run and commit flags in one, as {@link TransactionFlags}. */
    public int flags(int cpu) {
        return (int) (longs.get(at(cpu, TransactionLayout.TASK_BARRIER)) >>> Integer.SIZE) & FLAGS_MASK;
    }

    /** Longest time on CPU, ns; 0 = no limit. */
    public long sliceNs(int cpu) {
        return longs.get(at(cpu, TransactionLayout.SLICE));
    }

    /** Generation of the policy that decided. */
    public int generation(int cpu) {
        return (int) (longs.get(at(cpu, TransactionLayout.SYNC_GROUP_OWNER)) >>> Integer.SIZE);
    }

    /** When it was committed, ns. */
    public long commitTimeNs(int cpu) {
        return longs.get(at(cpu, TransactionLayout.COMMIT_TIME));
    }

    /** Counter of the CPU after the commit. */
    public long cpuSeqnum(int cpu) {
        return longs.get(at(cpu, TransactionLayout.CPU_SEQNUM));
    }

    // ---- words

    private static int at(int cpu, int field) {
        return Longs.index(cpu, SIZE, field);
    }

    private static long both(int low, int high) {
        return (low & LOW) | (long) high << Integer.SIZE;
    }

    /** Replaces the low half of a word if it is as expected, whatever happens to the high one meanwhile. */
    private boolean replaceLow(int cpu, int field, int expected, int value) {
        long before = longs.getAcquire(at(cpu, field));
        while ((int) before == expected) {
            if (longs.compareAndSet(at(cpu, field), before, (before & ~LOW) | (value & LOW))) {
                return true;
            }
            before = longs.getAcquire(at(cpu, field));
        }
        return false;
    }

    private void replaceHigh(int cpu, int field, int value) {
        long before = longs.getAcquire(at(cpu, field));
        while (!longs.compareAndSet(at(cpu, field), before, both((int) before, value))) {
            before = longs.getAcquire(at(cpu, field));
        }
    }
}
