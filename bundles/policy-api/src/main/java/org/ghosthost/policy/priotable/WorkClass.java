package org.ghosthost.policy.priotable;

/**
 * A copy of one work class: what sched items have in common. Mutable, so that one object serves for all reads and
 * writes; belongs to one thread.
 */
public final class WorkClass {
    /** The longest duration that a table can name: 146 years, so that a time plus a duration does not overflow. */
    public static final long MAX_DURATION_NS = 1L << 62;

    private int id;
    private int flags;
    private int qos;
    private long execTimeNs;
    private long periodNs;

    /** Makes the copy of a class with neither flags nor times, of the lowest quality of service. */
    public WorkClass() {
    }

    void read(final int index) {
        id = index;
    }

    /** Returns the index of the class in its table. */
    public int id() {
        return id;
    }

    /** Returns {@link PrioTableLayout#CLASS_ONE_SHOT} or {@link PrioTableLayout#CLASS_REPEATING}. */
    public int flags() {
        return flags;
    }

    /** Sets the flags. */
    public WorkClass flags(final int newFlags) {
        flags = newFlags;
        return this;
    }

    /** Returns whether an item has one piece of work, then waits for the application. */
    public boolean oneShot() {
        return (flags & PrioTableLayout.CLASS_ONE_SHOT) != 0;
    }

    /** Returns whether an item has new work each period. */
    public boolean repeating() {
        return (flags & PrioTableLayout.CLASS_REPEATING) != 0;
    }

    /** Returns the quality of service: 0 or more, bigger is more important. */
    public int qos() {
        return qos;
    }

    /** Sets the quality of service: 0 or more, bigger is more important. */
    public WorkClass qos(final int newQos) {
        qos = newQos;
        return this;
    }

    /** Returns the expected run time of one piece of work, in ns, 0 to {@link #MAX_DURATION_NS}. */
    public long execTimeNs() {
        return execTimeNs;
    }

    /** Sets the expected run time of one piece of work, in ns, 0 to {@link #MAX_DURATION_NS}. */
    public WorkClass execTimeNs(final long newExecTimeNs) {
        execTimeNs = newExecTimeNs;
        return this;
    }

    /** Returns the period in ns, 0 to {@link #MAX_DURATION_NS}. */
    public long periodNs() {
        return periodNs;
    }

    /** Sets the period in ns, 0 to {@link #MAX_DURATION_NS}. */
    public WorkClass periodNs(final long newPeriodNs) {
        periodNs = newPeriodNs;
        return this;
    }

    @Override
    public String toString() {
        return "work class " + id + ": flags " + flags + ", qos " + qos + ", exec time " + execTimeNs + " ns, period "
                + periodNs + " ns";
    }
}
