package org.ghosthost.kernel.sim;

/** Which kernel the machine behaves like. */
public enum Profile {
    /** ghOSt's own: everything is offered, every outcome is known at once. */
    GHOST,
    /**
     * Linux with sched_ext: no switchto, no timers, no messages about agents that block; outcomes come late, tasks run
     * without a commit or are put off their CPU without reason, agents wake late, and status words must be read again
     * without need. A task that exits is not said to have blocked before.
     */
    SCHED_EXT
}
