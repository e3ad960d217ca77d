package org.ghosthost.policy;

/** What became of a transaction, with the numbers of ghOSt's ABI. The order of the constants is that of the ABI. */
public enum TransactionState {
    /** The decision holds: the task is latched on its CPU, or runs there. */
    COMPLETE,
    /** The agent took it back before anybody claimed it. */
    ABORTED,
    /** The task is still on a CPU. */
    TARGET_ONCPU,
    /** The task has a message that the policy had not seen. */
    TARGET_STALE,
    /** There is no such task. */
    TARGET_NOT_FOUND,
    /** The task sleeps. */
    TARGET_NOT_RUNNABLE,
    /** The agent had an unread message, DO_NOT_PREEMPT hit an occupied CPU, or the policy is no longer in charge. */
    AGENT_STALE,
    /** The CPU is offline. */
    CPU_OFFLINE,
    /** A task of another class has the CPU. */
    CPU_UNAVAIL,
    /** The flags contradict each other. */
    INVALID_FLAGS,
    /** The target is an agent, or not of this enclave. */
    INVALID_TARGET,
    /** The committer may not do this. */
    NOT_PERMITTED,
    /** The CPU is not the slot's, not the enclave's, or not allowed for the task. */
    INVALID_CPU,
    /** The CPU has no agent. */
    NO_AGENT,
    /** The slot has a version that the kernel side does not know. */
    UNSUPPORTED_VERSION,
    /** Another member of the sync group failed. */
    POISONED;

    private static final TransactionState[] VALUES = values();

    /** The number in a transaction slot; negative. */
    @SuppressWarnings("EnumOrdinal") // the order of the constants is that of the ABI
    public int code() {
        return Integer.MIN_VALUE + ordinal();
    }

    /** Whether the decision holds. */
    public boolean succeeded() {
        return this == COMPLETE;
    }

    /** Whether {@code code} is a result at all; a slot that is ready or claimed has none yet. */
    public static boolean isResult(int code) {
        return code < Integer.MIN_VALUE + VALUES.length;
    }

    /** The state with this number; allocation-free. */
    public static TransactionState of(int code) {
        int ordinal = code - Integer.MIN_VALUE;
        if (ordinal < 0 || ordinal >= VALUES.length) {
            throw new IllegalArgumentException("not the result of a transaction: " + code);
        }
        return VALUES[ordinal];
    }
}
