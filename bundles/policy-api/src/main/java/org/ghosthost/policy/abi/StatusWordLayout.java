package org.ghosthost.policy.abi;

/**
 * One status word: written by the kernel side, read by agents. The first 32 bytes are ghOSt's own record.
 *
 * <pre>
 *  0                 4                 8                                 16
 *  +-----------------+-----------------+----------------------------------+
 *  | barrier         | flags           | gtid                             |  0
 *  +-----------------+-----------------+----------------------------------+
 *  | switch time                       | runtime                          | 16
 *  +-----------------+-----------------+-----------------+----------------+
 *  | enclave         | cpu             | tgid            | nice           | 32
 *  +-----------------+-----------------+-----------------+----------------+
 *  | runnable since                    | reserved                         | 48
 *  +-----------------------------------+----------------------------------+
 * </pre>
 */
public final class StatusWordLayout {
    /** Bytes of one status word: a cache line. */
    public static final int SIZE = 64;

    /** {@code u32}: number of (would-be) messages of this task or agent. */
    public static final int BARRIER = 0;
    /** {@code u32}: the {@code FLAG_...} bits. */
    public static final int FLAGS = 4;
    /** {@code s64}: the owner. */
    public static final int GTID = 8;
    /** {@code s64}: when it last got on a CPU, ns. */
    public static final int SWITCH_TIME = 16;
    /** {@code s64}: CPU time so far, ns; updated at each edge, not at ticks. */
    public static final int RUNTIME = 24;
    /** {@code s32}: the enclave. */
    public static final int ENCLAVE = 32;
    /** {@code s32}: CPU it is on, or was on last. */
    public static final int CPU = 36;
    /** {@code s32}: its process. */
    public static final int TGID = 40;
    /** {@code s32}: nice value, -20 to 19. */
    public static final int NICE = 44;
    /** {@code s64}: since when it waits for a CPU, ns; 0 when it does not. */
    public static final int RUNNABLE_SINCE = 48;

    /** The content is valid. */
    public static final int FLAG_IN_USE = 1;
    /** The owner died or departed; the slot may be freed. */
    public static final int FLAG_CAN_FREE = 1 << 1;
    /** The slot is reserved. */
    public static final int FLAG_ALLOCATED = 1 << 2;
    /** Agents: no task of another class is runnable on the CPU. */
    public static final int FLAG_CPU_AVAILABLE = 1 << 8;
    /** Agents: a task of another class waits for this CPU. */
    public static final int FLAG_BOOSTED = 1 << 9;
    /** The task is on a CPU; cleared after the message of its stop was produced. */
    public static final int FLAG_ON_CPU = 1 << 16;
    /** The task can run. */
    public static final int FLAG_RUNNABLE = 1 << 17;
    /** The owner is an agent. */
    public static final int FLAG_IS_AGENT = 1 << 18;
    /** Messages of the thread are held back until this slot is freed. */
    public static final int FLAG_GATED = 1 << 19;

    private StatusWordLayout() {}
}
