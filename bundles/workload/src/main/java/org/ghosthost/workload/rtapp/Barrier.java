package org.ghosthost.workload.rtapp;

import org.ghosthost.workload.TaskContext;

/** A barrier for a known number of tasks. */
final class Barrier {
    private final WaitQueue waiters = new WaitQueue();
    private final long users;
    private long arrived;

    Barrier(final long users) {
        this.users = users;
    }

    /** Lets a task arrive; returns whether it was the last one, which wakes the others and does not wait. */
    boolean arrive(final RtAppProgram task, final TaskContext context) {
        if (++arrived < users) {
            waiters.add(task);
            return false;
        }
        arrived = 0;
        waiters.wakeAll(context);
        return true;
    }
}
