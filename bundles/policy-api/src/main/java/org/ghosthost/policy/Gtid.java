package org.ghosthost.policy;

/**
 * Globally unique thread ids: 64 bits, {@code pid << 41 | generation}, so that a recycled pid is another gtid.
 * Positive numbers are tasks. Kept as plain {@code long} everywhere, because they pass through hot paths.
 */
public final class Gtid {
    /** No task; as the target of a transaction: take the present task off the CPU. */
    public static final long NULL = 0;
    /** As the target of a transaction: run the agent of that CPU (ping). */
    public static final long AGENT = -1;
    /** As the target of a transaction: keep the CPU idle. */
    public static final long IDLE = -2;

    /** Bits below the pid: 63 less the 22 bits of the largest pid (ghOSt's ABI). */
    public static final int GENERATION_BITS = 41;

    private static final long GENERATION_MASK = (1L << GENERATION_BITS) - 1;

    private Gtid() {}

    /** The id of the {@code generation}-th thread that bears {@code pid}; pid is 1 to 4194303. */
    public static long of(int pid, long generation) {
        if (pid <= 0 || pid >= 1 << 22) {
            throw new IllegalArgumentException("pid out of range 1..4194303: " + pid);
        }
        return ((long) pid << GENERATION_BITS) | (generation & GENERATION_MASK);
    }

    /** The pid in a task's gtid. */
    public static int pid(long gtid) {
        return (int) (gtid >>> GENERATION_BITS);
    }

    /** Text for people: {@code pid/generation}, or {@code <null>}, {@code <agent>}, {@code <idle>}. */
    public static String toString(long gtid) {
        if (gtid > 0) {
            return pid(gtid) + "/" + (gtid & GENERATION_MASK);
        }
        return gtid == NULL ? "<null>" : gtid == AGENT ? "<agent>" : gtid == IDLE ? "<idle>" : "<invalid " + gtid + ">";
    }
}
