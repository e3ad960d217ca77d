package org.ghosthost.workload.rtapp;

import org.ghosthost.workload.SchedulingClass;
import org.jspecify.annotations.Nullable;

/** The scheduling policies of rt-app, and what each one becomes on a machine with an enclave. */
enum Policy {
    SCHED_OTHER(SchedulingClass.GHOST, 0, -20, 19),
    SCHED_BATCH(SchedulingClass.GHOST, 0, -20, 19),
    SCHED_IDLE(SchedulingClass.GHOST, 0, -20, 19),
    SCHED_RR(SchedulingClass.RT, 10, 1, 99),
    SCHED_FIFO(SchedulingClass.RT, 10, 1, 99),
    SCHED_DEADLINE(SchedulingClass.GHOST, 0, 0, 0);

    /** QoS of deadline tasks: above each nice value, as Linux puts SCHED_DEADLINE above SCHED_OTHER. */
    static final int DEADLINE_QOS = 41;

    final SchedulingClass schedulingClass;
    final int defaultPriority;
    final int minPriority;
    final int maxPriority;

    Policy(final SchedulingClass schedulingClass, final int defaultPriority, final int minPriority,
            final int maxPriority) {
        this.schedulingClass = schedulingClass;
        this.defaultPriority = defaultPriority;
        this.minPriority = minPriority;
        this.maxPriority = maxPriority;
    }

    static @Nullable Policy named(final String name) {
        for (final Policy policy : values()) {
            if (policy.name().equals(name)) {
                return policy;
            }
        }
        return null;
    }

    /** Returns the nice value that stands for {@code priority} under this policy. */
    int nice(final int priority) {
        return switch (this) {
            case SCHED_OTHER, SCHED_BATCH -> priority;
            case SCHED_IDLE -> 19;
            case SCHED_RR, SCHED_FIFO, SCHED_DEADLINE -> 0;
        };
    }

    /** Returns the QoS in the PrioTable: 40 for nice -20 down to 1 for nice 19, and the outer classes around them. */
    int qos(final int priority) {
        return switch (this) {
            case SCHED_OTHER, SCHED_BATCH -> 20 - priority;
            case SCHED_IDLE -> 0;
            case SCHED_RR, SCHED_FIFO, SCHED_DEADLINE -> DEADLINE_QOS;
        };
    }
}
