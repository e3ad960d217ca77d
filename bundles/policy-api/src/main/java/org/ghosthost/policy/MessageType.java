package org.ghosthost.policy;

/**
 * The kinds of messages, with the numbers of ghOSt's ABI 91. Constants, not an enum: a kernel may send a type that an
 * older policy does not know, and that must not fail.
 */
public final class MessageType {
    /** Filler. */
    public static final int NOP = 0;
    /** A task exited for good. */
    public static final int TASK_DEAD = 64;
    /** A task has left its CPU to sleep. */
    public static final int TASK_BLOCKED = 65;
    /** A blocked task became runnable. */
    public static final int TASK_WAKEUP = 66;
    /** A task is in the enclave from now on, or is shown again by discovery. */
    public static final int TASK_NEW = 67;
    /** A task lost its CPU, or its latch. */
    public static final int TASK_PREEMPT = 68;
    /** A task called sched_yield. */
    public static final int TASK_YIELD = 69;
    /** A task left the enclave alive. */
    public static final int TASK_DEPARTED = 70;
    /** A task handed its CPU to another one (first hop of a chain). */
    public static final int TASK_SWITCHTO = 71;
    /** The allowed CPUs of a task changed. */
    public static final int TASK_AFFINITY_CHANGED = 72;
    /** A committed task is on its CPU, if the transaction asked for the message. */
    public static final int TASK_ON_CPU = 73;
    /** The nice value of a task changed. */
    public static final int TASK_PRIORITY_CHANGED = 74;
    /** A latched decision turned out to be void; the task must be placed again. */
    public static final int TASK_LATCH_FAILURE = 75;
    /** Timer tick on a CPU. */
    public static final int CPU_TICK = 128;
    /** A timer armed for a CPU expired. */
    public static final int CPU_TIMER_EXPIRED = 129;
    /** A CPU that was kept idle runs a task of another class. */
    public static final int CPU_NOT_IDLE = 130;
    /** A CPU became free of other classes. */
    public static final int CPU_AVAILABLE = 131;
    /** A task of another class took a CPU. */
    public static final int CPU_BUSY = 132;
    /** The agent of a CPU blocked in the kernel. */
    public static final int CPU_AGENT_BLOCKED = 133;
    /** The agent of a CPU woke from a real block. */
    public static final int CPU_AGENT_WAKEUP = 134;

    /** Smallest number that no type reaches; size for tables indexed by type. */
    public static final int LIMIT = 192;

    private static final String[] NAMES = new String[LIMIT];

    static {
        NAMES[NOP] = "NOP";
        NAMES[TASK_DEAD] = "TASK_DEAD";
        NAMES[TASK_BLOCKED] = "TASK_BLOCKED";
        NAMES[TASK_WAKEUP] = "TASK_WAKEUP";
        NAMES[TASK_NEW] = "TASK_NEW";
        NAMES[TASK_PREEMPT] = "TASK_PREEMPT";
        NAMES[TASK_YIELD] = "TASK_YIELD";
        NAMES[TASK_DEPARTED] = "TASK_DEPARTED";
        NAMES[TASK_SWITCHTO] = "TASK_SWITCHTO";
        NAMES[TASK_AFFINITY_CHANGED] = "TASK_AFFINITY_CHANGED";
        NAMES[TASK_ON_CPU] = "TASK_ON_CPU";
        NAMES[TASK_PRIORITY_CHANGED] = "TASK_PRIORITY_CHANGED";
        NAMES[TASK_LATCH_FAILURE] = "TASK_LATCH_FAILURE";
        NAMES[CPU_TICK] = "CPU_TICK";
        NAMES[CPU_TIMER_EXPIRED] = "CPU_TIMER_EXPIRED";
        NAMES[CPU_NOT_IDLE] = "CPU_NOT_IDLE";
        NAMES[CPU_AVAILABLE] = "CPU_AVAILABLE";
        NAMES[CPU_BUSY] = "CPU_BUSY";
        NAMES[CPU_AGENT_BLOCKED] = "CPU_AGENT_BLOCKED";
        NAMES[CPU_AGENT_WAKEUP] = "CPU_AGENT_WAKEUP";
    }

    private MessageType() {}

    /** Whether the message is about a task. */
    public static boolean isTask(int type) {
        return type >= 64 && type < 128;
    }

    /** Whether the message is about a CPU. */
    public static boolean isCpu(int type) {
        return type >= 128 && type < LIMIT;
    }

    /** Name for people; a number that is not known is shown as such. */
    public static String name(int type) {
        String name = type >= 0 && type < LIMIT ? NAMES[type] : null;
        return name == null ? "UNKNOWN_" + type : name;
    }
}
