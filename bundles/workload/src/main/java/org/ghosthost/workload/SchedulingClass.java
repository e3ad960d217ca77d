package org.ghosthost.workload;

/** The scheduling class of a task on the machine, in ghOSt's order of strength. */
public enum SchedulingClass {
    /** Real time (SCHED_FIFO): takes a CPU from everybody else. */
    RT,
    /** The default scheduler: takes a CPU from ghost tasks. */
    FAIR,
    /** Scheduled by the policy of an enclave. */
    GHOST
}
