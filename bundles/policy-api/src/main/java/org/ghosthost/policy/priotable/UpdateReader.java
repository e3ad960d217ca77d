package org.ghosthost.policy.priotable;

/**
 * One reader of the hints which items of a table were changed; get it by {@link PrioTable#newReader()}.
 *
 * <p>Each reader gets every hint, so that a policy that follows sees what the leading one sees. A reader that is never
 * read any more is forgotten by the table; it needs no closing. All readers of a table belong to one thread.
 */
public final class UpdateReader {
    // A power of two that holds all entries of the widest stream.
    private static final int RING = 128;

    private final UpdateStream stream;
    private final int[] ring = new int[RING];
    private int head;
    private int tail;
    private boolean lapsed;

    UpdateReader(final UpdateStream stream) {
        this.stream = stream;
        stream.add(this);
    }

    /**
     * Takes the next hint.
     *
     * @return the index of an item that was changed, perhaps not for the first time; {@link PrioTable#NO_ENTRIES} if
     *     there is none; {@link PrioTable#OVERFLOW} if hints were lost, and every item must be read
     */
    public int nextUpdatedIndex() {
        if (!lapsed && head == tail) {
            stream.drain();
        }
        if (lapsed) {
            // Back in its place before the caller reads the items: what is changed from now on will be told.
            lapsed = false;
            stream.add(this);
            return PrioTable.OVERFLOW;
        }
        return head == tail ? PrioTable.NO_ENTRIES : ring[head++ & (RING - 1)];
    }

    /** Keeps a hint for this reader; returns false if it has too many already. */
    boolean offer(final int index) {
        if (tail - head == RING) {
            return false;
        }
        ring[tail++ & (RING - 1)] = index;
        return true;
    }

    /** Loses all hints and the place among the readers. */
    void lapse() {
        head = tail;
        lapsed = true;
    }
}
