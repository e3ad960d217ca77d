package org.ghosthost.agent.priotable;

/**
 * Finds a small number by an id that an application chose. Open addressing with a bounded search, so that ids chosen in
 * bad faith cannot make it slow: those that find no place near their own are refused.
 */
final class IdIndex {
    /** Not found. */
    static final int NONE = -1;

    private static final int MAX_PROBES = 64;
    // At a quarter of the places in use, honest ids find one within a third of the probes.
    private static final int PLACES_PER_ID = 4;
    private static final long EMPTY = 0;
    private static final long REMOVED = -1;

    private final long[] ids;
    private final int[] values;
    private final int shift;

    IdIndex(int maxIds) {
        int capacity = Integer.highestOneBit(Math.max(maxIds, MAX_PROBES) * PLACES_PER_ID - 1) * 2;
        ids = new long[capacity];
        values = new int[capacity];
        shift = Long.numberOfLeadingZeros(capacity) + 1;
    }

    /** Returns the value of {@code id}, which must be positive, or {@link #NONE}. */
    int get(long id) {
        int place = place(id);
        return place < 0 ? NONE : values[place];
    }

    /** Sets the value of {@code id}, which must be positive; returns false if there is no place for it. */
    boolean put(long id, int value) {
        int place = place(id);
        if (place < 0) {
            place = freePlace(id);
        }
        if (place < 0) {
            return false;
        }
        ids[place] = id;
        values[place] = value;
        return true;
    }

    void remove(long id) {
        int place = place(id);
        if (place >= 0) {
            ids[place] = REMOVED;
        }
    }

    private int place(long id) {
        int home = home(id);
        for (int i = 0; i < MAX_PROBES; i++) {
            int place = (home + i) & (ids.length - 1);
            if (ids[place] == id) {
                return place;
            }
            if (ids[place] == EMPTY) {
                return NONE;
            }
        }
        return NONE;
    }

    private int freePlace(long id) {
        int home = home(id);
        for (int i = 0; i < MAX_PROBES; i++) {
            int place = (home + i) & (ids.length - 1);
            if (ids[place] == EMPTY || ids[place] == REMOVED) {
                return place;
            }
        }
        return NONE;
    }

    private int home(long id) {
        // Fibonacci hashing: the high bits of the product depend on all bits of the id.
        return (int) ((id * 0x9e3779b97f4a7c15L) >>> shift);
    }
}
