package org.ghosthost.kernel.sim;

/** Which kernel the machine behaves like. */
public enum Profile {
    /** ghOSt's own: everything is offered, every outcome is known at once. */
    GHOST,
    /**
     * Linux with sched_ext: no switchto, timers, sync groups with a rendezvous or idle edges; outcomes come late, tasks
     * run without a commit, are put off their CPU without reason, and agents wake late.
     */
    SCHED_EXT
}
