package org.ghosthost.workload.rtapp;

import org.ghosthost.workload.TaskContext;

/** A counting semaphore; a post goes to the first waiter, if there is one. */
final class Semaphore {
    private final WaitQueue waiters = new WaitQueue();
    private long count;

    /** Takes one; else the task is queued, and has one when it is woken. */
    boolean take(final RtAppProgram task) {
        if (count == 0) {
            waiters.add(task);
            return false;
        }
        count--;
        return true;
    }

    void post(final TaskContext context) {
        if (waiters.isEmpty()) {
            count++;
        } else {
            waiters.wakeFirst(context);
        }
    }
}
