package org.ghosthost.workload.rtapp;

import org.ghosthost.workload.TaskContext;
import org.jspecify.annotations.Nullable;

/** A mutex that is not handed over: who is woken tries again, as with a futex, and may find it taken. */
final class Mutex {
    final WaitQueue waiters = new WaitQueue();
    private @Nullable RtAppProgram owner;

    boolean isHeldBy(final RtAppProgram task) {
        return owner == task;
    }

    boolean tryLock(final RtAppProgram task) {
        if (owner != null) {
            return false;
        }
        owner = task;
        return true;
    }

    void unlock(final TaskContext context) {
        owner = null;
        waiters.wakeFirst(context);
    }
}
