package org.ghosthost.policy;

/**
 * Flags of a transaction in one {@code int}: run flags in bits 0-15, commit flags from bit 16, with the meaning and
 * order of ghOSt's ABI. Without {@link #COMMIT_AT_SCHEDULE} and {@link #COMMIT_AT_TXN_COMMIT} the commit is greedy:
 * whoever gets there first does it.
 */
public final class TransactionFlags {
    /** Run the local agent when the task is preempted or its latch is lost (RTLA: return to local agent). */
    public static final int RTLA_ON_PREEMPT = 1;
    /** Run the local agent when the task blocks. */
    public static final int RTLA_ON_BLOCKED = 1 << 1;
    /** Run the local agent when the task yields. */
    public static final int RTLA_ON_YIELD = 1 << 2;
    /** Run the local agent when the CPU would go idle; not with {@code Gtid.AGENT} or {@code IDLE}. */
    public static final int RTLA_ON_IDLE = 1 << 5;
    /** Flush the L1 data cache before the task enters a guest. */
    public static final int NEED_L1D_FLUSH = 1 << 6;
    /** Only with {@code Gtid.IDLE}: send NOT_IDLE when another class runs. */
    public static final int NEED_CPU_NOT_IDLE = 1 << 7;
    /** Suppress the one PREEMPT of the task that this one replaces. */
    public static final int ELIDE_PREEMPT = 1 << 9;
    /** Send ON_CPU when the task really is on its CPU. */
    public static final int SEND_TASK_ON_CPU = 1 << 10;
    /** The agent of the CPU does not cancel the latch by running, until the next tick. */
    public static final int DEFER_LATCHED_PREEMPTION_BY_AGENT = 1 << 11;
    /** Fail with AGENT_STALE if a task is current or latched there. */
    public static final int DO_NOT_PREEMPT = 1 << 12;

    /** Commit when the CPU schedules next. */
    public static final int COMMIT_AT_SCHEDULE = 1 << 16;
    /** Commit inside the commit call, also for a remote CPU; the usual one. */
    public static final int COMMIT_AT_TXN_COMMIT = 1 << 17;
    /** The task may already be on that CPU; then it stays. */
    public static final int ALLOW_TASK_ONCPU = 1 << 18;
    /** Do not raise the barrier of the target's agent. */
    public static final int ELIDE_AGENT_BARRIER_INC = 1 << 19;
    /** Raise the barrier of the target's agent when the commit fails. */
    public static final int INC_AGENT_BARRIER_ON_FAILURE = 1 << 20;

    /** All run flags that exist. */
    public static final int RUN_MASK = RTLA_ON_PREEMPT | RTLA_ON_BLOCKED | RTLA_ON_YIELD | RTLA_ON_IDLE
            | NEED_L1D_FLUSH | NEED_CPU_NOT_IDLE | ELIDE_PREEMPT | SEND_TASK_ON_CPU
            | DEFER_LATCHED_PREEMPTION_BY_AGENT | DO_NOT_PREEMPT;
    /** Where the commit flags begin. */
    public static final int COMMIT_SHIFT = 16;
    /** All commit flags that exist. */
    public static final int COMMIT_MASK = COMMIT_AT_SCHEDULE | COMMIT_AT_TXN_COMMIT | ALLOW_TASK_ONCPU
            | ELIDE_AGENT_BARRIER_INC | INC_AGENT_BARRIER_ON_FAILURE;

    private TransactionFlags() {}
}
