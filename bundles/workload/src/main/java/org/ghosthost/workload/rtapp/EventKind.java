package org.ghosthost.workload.rtapp;

import org.jspecify.annotations.Nullable;

/** The events of rt-app. A member of a phase is an event if its name begins with the name of one. */
enum EventKind {
    // A longer name stands before its own beginning, so that the first match is the right one.
    RUNTIME("runtime"),
    RUN("run"),
    SLEEP("sleep"),
    TIMER("timer"),
    LOCK("lock"),
    UNLOCK("unlock"),
    WAIT("wait"),
    SIGNAL("signal"),
    BROADCAST("broad"),
    SYNC("sync"),
    BARRIER("barrier"),
    SUSPEND("suspend"),
    RESUME("resume"),
    SEM_POST("sem_post"),
    SEM_WAIT("sem_wait"),
    YIELD("yield"),
    FORK("fork"),
    MEMRUN("memrun"),
    MEM("mem"),
    IORUN("iorun");

    final String prefix;

    EventKind(final String prefix) {
        this.prefix = prefix;
    }

    static @Nullable EventKind of(final String name) {
        for (final EventKind kind : values()) {
            if (name.startsWith(kind.prefix)) {
                return kind;
            }
        }
        return null;
    }
}
