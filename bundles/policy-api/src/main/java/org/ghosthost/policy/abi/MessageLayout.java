package org.ghosthost.policy.abi;

/**
 * One message, as the kernel side writes it into a queue: a fixed record of one cache line, whatever its type.
 *
 * <pre>
 *  0        2        4                 8
 *  +--------+--------+-----------------+----------------------------------+
 *  | type   | flags  | seqnum          | gtid                             |  0
 *  +--------+--------+-----------------+----------------------------------+
 *  | cpu             | status word     | runtime          (timer: type)   | 16
 *  +-----------------+-----------------+----------------------------------+
 *  | cpu_seqnum      (NEW: agent data) | nice / last cpu  | waker cpu     | 32
 *  +-----------------------------------+----------------------------------+
 *  | data (see below)                  | time of production               | 48
 *  +-----------------------------------+----------------------------------+
 * </pre>
 *
 * <p>{@code data} is the parent's gtid (NEW), the commit time (ON_CPU), the cookie (TIMER_EXPIRED), the next gtid
 * (NOT_IDLE), the errno (LATCH_FAILURE), else the agent data of ghOSt's message. All times are nanoseconds of the
 * kernel's monotonic clock. Little endian.
 */
public final class MessageLayout {
    /** Bytes of one record; a queue never wraps inside of a record. */
    public static final int SIZE = 64;

    /** {@code u16}: a number of {@link org.ghosthost.policy.MessageType}. */
    public static final int TYPE = 0;
    /** {@code u16}: bits of this class, {@code FLAG_...}. */
    public static final int FLAGS = 2;
    /** {@code u32}: the barrier of the source after this message. */
    public static final int SEQNUM = 4;
    /** {@code s64}: the task; 0 in CPU messages. */
    public static final int GTID = 8;
    /** {@code s32}: the CPU of the edge; the wake-up CPU in WAKEUP. */
    public static final int CPU = 16;
    /** {@code s32}: index of the task's status word; -1 in CPU messages. */
    public static final int STATUS_WORD = 20;
    /** {@code s64}: CPU time of the task so far, ns; the type of a timer in TIMER_EXPIRED. */
    public static final int RUNTIME = 24;
    /** {@code s64}: the CPU's counter of on-CPU edges; the agent data in NEW. */
    public static final int CPU_SEQNUM = 32;
    /** {@code s32}: nice value (NEW, PRIORITY_CHANGED), CPU the task ran on last (WAKEUP). */
    public static final int NICE = 40;
    /** {@code s32}: CPU of the waker (WAKEUP). */
    public static final int WAKER_CPU = 44;
    /** {@code s64}: see the class comment. */
    public static final int DATA = 48;
    /** {@code s64}: when the message was produced, ns. */
    public static final int TIME = 56;

    /** NEW: the task can run now. */
    public static final int FLAG_RUNNABLE = 1;
    /** NEW made by discovery: the task is on {@code cpu} at this moment. */
    public static final int FLAG_ON_CPU = 1 << 1;
    /** BLOCKED, YIELD, PREEMPT, DEPARTED: this task was the last of a switchto chain. */
    public static final int FLAG_FROM_SWITCHTO = 1 << 2;
    /** PREEMPT: the task never ran, its latch was lost. */
    public static final int FLAG_WAS_LATCHED = 1 << 3;
    /** DEPARTED: the task was on a CPU. */
    public static final int FLAG_WAS_CURRENT = 1 << 4;
    /** WAKEUP: the waker said that latency does not matter. */
    public static final int FLAG_DEFERRABLE = 1 << 5;
    /** CPU_TICK: the tick hit an agent. */
    public static final int FLAG_IS_AGENT = 1 << 6;

    private MessageLayout() {}
}
