package org.ghosthost.workload.rtapp;

import org.ghosthost.workload.TaskContext;
import org.jspecify.annotations.Nullable;

/** Tasks that wait, first come, first served. A task waits in one queue at a time. */
final class WaitQueue {
    private @Nullable RtAppProgram head;
    private @Nullable RtAppProgram tail;

    boolean isEmpty() {
        return head == null;
    }

    void add(final RtAppProgram waiter) {
        waiter.waiting = true;
        waiter.nextWaiter = null;
        if (tail == null) {
            head = waiter;
        } else {
            tail.nextWaiter = waiter;
        }
        tail = waiter;
    }

    /** Takes the first waiter out and wakes it; {@code context} is the task that does so. */
    void wakeFirst(final TaskContext context) {
        final RtAppProgram waiter = head;
        if (waiter != null) {
            head = waiter.nextWaiter;
            if (head == null) {
                tail = null;
            }
            waiter.nextWaiter = null;
            waiter.wokenBy(context);
        }
    }

    void wakeAll(final TaskContext context) {
        while (!isEmpty()) {
            wakeFirst(context);
        }
    }
}
