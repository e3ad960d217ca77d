package org.ghosthost.enclave.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.ghosthost.policy.abi.TransactionLayout.SIZE;
import static org.ghosthost.policy.abi.TransactionLayout.STATE_READY;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;

/**
 * Access to the transaction slots of an enclave, by CPU number. The agent side writes a slot while its state is a
 * result and then makes it READY (release); the kernel side claims it (compare-and-set) and stores the result
 * (release), which the agent reads (acquire).
 */
public final class TransactionTable {
    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final int FREE = -1;

    private final MemorySegment memory;

    /** A view on {@code memory}, one slot for each possible CPU. */
    public TransactionTable(MemorySegment memory) {
        this.memory = memory;
    }

    /** As a slot is when its CPU comes into the enclave: COMPLETE, owned by nobody. */
    public void reset(int cpu) {
        memory.asSlice(at(cpu, 0), SIZE).fill((byte) 0);
        memory.set(JAVA_INT, at(cpu, TransactionLayout.CPU), cpu);
        memory.set(JAVA_INT, at(cpu, TransactionLayout.SYNC_GROUP_OWNER), FREE);
        store(cpu, TransactionState.COMPLETE);
    }

    // ---- agent side

    /** Fills the slot of {@code cpu} and makes it READY; its state must be a result. */
    public void open(int cpu, long gtid, int taskBarrier, int agentBarrier, int flags, long sliceNs, int generation) {
        memory.set(JAVA_INT, at(cpu, TransactionLayout.AGENT_BARRIER), agentBarrier);
        memory.set(JAVA_INT, at(cpu, TransactionLayout.TASK_BARRIER), taskBarrier);
        memory.set(JAVA_SHORT, at(cpu, TransactionLayout.RUN_FLAGS), (short) flags);
        byte commitFlags = (byte) (flags >>> TransactionFlags.COMMIT_SHIFT);
        memory.set(JAVA_BYTE, at(cpu, TransactionLayout.COMMIT_FLAGS), commitFlags);
        memory.set(JAVA_LONG, at(cpu, TransactionLayout.GTID), gtid);
        memory.set(JAVA_INT, at(cpu, TransactionLayout.GENERATION), generation);
        memory.set(JAVA_LONG, at(cpu, TransactionLayout.SLICE), sliceNs);
        INT.setRelease(memory, at(cpu, TransactionLayout.STATE), STATE_READY);
    }

    /** READY, a claiming CPU's number, or a result; acquire, pairs with {@link #store}. */
    public int state(int cpu) {
        return (int) INT.getAcquire(memory, at(cpu, TransactionLayout.STATE));
    }

    /** Takes a READY slot back. False if somebody was faster. */
    public boolean abort(int cpu) {
        return INT.compareAndSet(
                memory, at(cpu, TransactionLayout.STATE), STATE_READY, TransactionState.ABORTED.code());
    }

    /** Takes ownership for a sync group. False if another owner has it. */
    public boolean own(int cpu, int owner) {
        int before = (int) INT.compareAndExchange(memory, at(cpu, TransactionLayout.SYNC_GROUP_OWNER), FREE, owner);
        return before == FREE || before == owner;
    }

    /** Gives ownership up. */
    public void disown(int cpu) {
        INT.setRelease(memory, at(cpu, TransactionLayout.SYNC_GROUP_OWNER), FREE);
    }

    /** Owner of the slot for a sync group, or -1. */
    public int owner(int cpu) {
        return (int) INT.getAcquire(memory, at(cpu, TransactionLayout.SYNC_GROUP_OWNER));
    }

    // ---- kernel side

    /** Claims a READY slot for the CPU that commits it. False if it is not READY. */
    public boolean claim(int cpu, int committer) {
        return INT.compareAndSet(memory, at(cpu, TransactionLayout.STATE), STATE_READY, committer);
    }

    /** Stores the result, after the out fields. */
    public void store(int cpu, TransactionState result) {
        INT.setRelease(memory, at(cpu, TransactionLayout.STATE), result.code());
    }

    /** Writes the out fields of a commit. */
    public void committed(int cpu, long commitTimeNs, long cpuSeqnum) {
        memory.set(JAVA_LONG, at(cpu, TransactionLayout.COMMIT_TIME), commitTimeNs);
        memory.set(JAVA_LONG, at(cpu, TransactionLayout.CPU_SEQNUM), cpuSeqnum);
    }

    // ---- fields

    /** Version of the record's format; 0 is the only one. */
    public int version(int cpu) {
        return memory.get(JAVA_INT, at(cpu, TransactionLayout.VERSION));
    }

    /** CPU number in the slot. */
    public int cpu(int cpu) {
        return memory.get(JAVA_INT, at(cpu, TransactionLayout.CPU));
    }

    /** Target. */
    public long gtid(int cpu) {
        return memory.get(JAVA_LONG, at(cpu, TransactionLayout.GTID));
    }

    /** Last seqnum of the task that the agent has seen. */
    public int taskBarrier(int cpu) {
        return memory.get(JAVA_INT, at(cpu, TransactionLayout.TASK_BARRIER));
    }

    /** The agent's own barrier. */
    public int agentBarrier(int cpu) {
        return memory.get(JAVA_INT, at(cpu, TransactionLayout.AGENT_BARRIER));
    }

    /** Run and commit flags in one, as {@link TransactionFlags}. */
    public int flags(int cpu) {
        return (memory.get(JAVA_SHORT, at(cpu, TransactionLayout.RUN_FLAGS)) & 0xffff)
                | (memory.get(JAVA_BYTE, at(cpu, TransactionLayout.COMMIT_FLAGS)) & 0xff)
                        << TransactionFlags.COMMIT_SHIFT;
    }

    /** Longest time on CPU, ns; 0 = no limit. */
    public long sliceNs(int cpu) {
        return memory.get(JAVA_LONG, at(cpu, TransactionLayout.SLICE));
    }

    /** Generation of the policy that decided. */
    public int generation(int cpu) {
        return memory.get(JAVA_INT, at(cpu, TransactionLayout.GENERATION));
    }

    /** When it was committed, ns. */
    public long commitTimeNs(int cpu) {
        return memory.get(JAVA_LONG, at(cpu, TransactionLayout.COMMIT_TIME));
    }

    /** Counter of the CPU after the commit. */
    public long cpuSeqnum(int cpu) {
        return memory.get(JAVA_LONG, at(cpu, TransactionLayout.CPU_SEQNUM));
    }

    private static long at(int cpu, int field) {
        return (long) cpu * SIZE + field;
    }
}
