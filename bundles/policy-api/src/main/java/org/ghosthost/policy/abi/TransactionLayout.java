package org.ghosthost.policy.abi;

/**
 * One transaction slot; an enclave has one per CPU. The agent writes the fields while the state is committed
 * (negative), then stores {@link #STATE_READY}; the kernel side claims the slot by a compare-and-set to its CPU
 * number and at last stores the result.
 *
 * <pre>
 *  0                 4                 8                                 16
 *  +-----------------+-----------------+-----------------+----------------+
 *  | version         | cpu             | state           | agent barrier  |  0
 *  +-----------------+--------+---+----+-----------------+----------------+
 *  | task barrier    |run flg |c f|    | gtid                             | 16
 *  +-----------------+--------+---+----+----------------------------------+
 *  | commit time (out)                 | cpu_seqnum (out)                 | 32
 *  +-----------------+-----------------+----------------------------------+
 *  | sync group owner| generation      | slice                            | 48
 *  +-----------------+-----------------+----------------------------------+
 * </pre>
 */
public final class TransactionLayout {
    /** Bytes of one slot: a cache line. */
    public static final int SIZE = 64;
    /** The only version there is. */
    public static final int VERSION_NUMBER = 0;

    /** {@code u32}. */
    public static final int VERSION = 0;
    /** {@code s32}: the CPU of this slot, read-only for agents. */
    public static final int CPU = 4;
    /** {@code s32}: ready, claimed (0 to CPU count - 1) or a result ({@code TransactionState.code}). */
    public static final int STATE = 8;
    /** {@code u32}: the agent's own barrier; compared in local blocking commits only. */
    public static final int AGENT_BARRIER = 12;
    /** {@code u32}: last seqnum of the task that the agent has seen. */
    public static final int TASK_BARRIER = 16;
    /** {@code u16}: run flags. */
    public static final int RUN_FLAGS = 20;
    /** {@code u8}: commit flags. */
    public static final int COMMIT_FLAGS = 22;
    /** {@code s64}: a task, or one of {@code Gtid.NULL}, {@code AGENT}, {@code IDLE}. */
    public static final int GTID = 24;
    /** {@code s64}, out: when it was committed, ns. */
    public static final int COMMIT_TIME = 32;
    /** {@code s64}, out: the CPU's counter after the commit. */
    public static final int CPU_SEQNUM = 40;
    /** {@code s32}: owner of the slot while it is part of a sync group; -1 when free. */
    public static final int SYNC_GROUP_OWNER = 48;
    /** {@code u32}: generation of the policy that decided; a past one is refused with AGENT_STALE. */
    public static final int GENERATION = 52;
    /** {@code s64}: longest time on CPU, ns; 0 = until something else stops it. */
    public static final int SLICE = 56;

    /** State of a slot that waits to be claimed. */
    public static final int STATE_READY = Integer.MAX_VALUE;

    private TransactionLayout() {}
}
