package org.ghosthost.workload.rtapp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources of one kind in a file, numbered in the order in which events name them first; rt-app makes a resource
 * when an event names it.
 */
final class Names {

    /** How a resource is used, for checks that need the whole file. */
    static final class Use {
        final String name;

        /** How many tasks come to it: the users of a barrier, the waiters of a condition or semaphore. */
        long users;

        /** Whether some event wakes those who wait for it. */
        boolean woken;

        /** Whether a timer keeps its ticks when it is late. */
        boolean absolute;

        int line;
        int column;

        Use(final String name) {
            this.name = name;
        }
    }

    private final Map<String, Integer> indexes = new HashMap<>();
    private final List<Use> uses = new ArrayList<>();

    int indexOf(final String name) {
        return indexes.computeIfAbsent(name, key -> {
            uses.add(new Use(key));
            return uses.size() - 1;
        });
    }

    /** Notes that an event at a place waits for the resource. */
    void addUsers(final int index, final long count, final int line, final int column) {
        final Use use = uses.get(index);
        use.users += count;
        if (use.line == 0) {
            use.line = line;
            use.column = column;
        }
    }

    Use use(final int index) {
        return uses.get(index);
    }

    List<Use> uses() {
        return uses;
    }

    int size() {
        return uses.size();
    }
}
