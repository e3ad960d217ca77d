package org.ghosthost.policy.priotable;

import static org.ghosthost.policy.priotable.PrioTableLayout.INT;
import static org.ghosthost.policy.priotable.PrioTableLayout.LONG;
import static org.ghosthost.policy.priotable.PrioTableLayout.STREAM_EMPTY;
import static org.ghosthost.policy.priotable.PrioTableLayout.STREAM_ENTRIES;
import static org.ghosthost.policy.priotable.PrioTableLayout.STREAM_SCRAPE_ALL;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The stream of a table, both ends: applications say which items they changed, the agent side takes these hints out.
 * A hint can come twice or out of order; none is lost, since what finds no free entry asks for a scan of all items.
 */
final class UpdateStream {
    private static final int MAX_READERS = 8;
    /** An empty first entry above a counter of 0, as one number. */
    private static final long QUIET_HEAD = (long) STREAM_EMPTY << 32;

    private final MemorySegment memory;
    private final long offset;
    private final int capacity;
    private final int itemCount;
    private final UpdateReader[] readers = new UpdateReader[MAX_READERS];
    private int readerCount;
    private long garbage;

    UpdateStream(final MemorySegment memory, final long offset, final int capacity, final int itemCount) {
        this.memory = memory;
        this.offset = offset;
        this.capacity = capacity;
        this.itemCount = itemCount;
    }

    int capacity() {
        return capacity;
    }

    /** Returns how many entries named no item. */
    long garbage() {
        return garbage;
    }

    void clear() {
        INT.setRelease(memory, offset + STREAM_SCRAPE_ALL, 0);
        for (int cell = 0; cell < capacity; cell++) {
            INT.setRelease(memory, entry(cell), STREAM_EMPTY);
        }
    }

    /** Says, on the application's side, that an item was changed; tries {@code retries + 1} entries. */
    void mark(final int index, final int retries) {
        final long scrapeAll = offset + STREAM_SCRAPE_ALL;
        if ((int) INT.getOpaque(memory, scrapeAll) <= 0) {
            for (int i = 0; i <= retries; i++) {
                final long entry = entry((int) (((long) index + i) % capacity));
                // The CAS pairs with the getAndSetAcquire in drain: who takes the hint sees the change of the item.
                if ((int) INT.getOpaque(memory, entry) == STREAM_EMPTY
                        && INT.compareAndSet(memory, entry, STREAM_EMPTY, index)) {
                    return;
                }
            }
        }
        // Incremented even if it is above 0 already: this pairs with the getAndSetAcquire in drain, so that either the
        // scan that is asked for sees the change of the item, or another scan follows.
        INT.getAndAdd(memory, scrapeAll, 1);
    }

    /** Takes all hints out, on the agent's side, and hands them to every reader. */
    void drain() {
        if (isQuiet()) {
            return;
        }
        final long scrapeAll = offset + STREAM_SCRAPE_ALL;
        // Not only above 0: the counter may have been incremented around, and a scan too many does no harm. Set back
        // before anybody reads an item, and by an RMW that pairs with each increment in mark.
        final boolean overflow = (int) INT.getOpaque(memory, scrapeAll) != 0
                && (int) INT.getAndSetAcquire(memory, scrapeAll, 0) != 0;
        for (int cell = 0; cell < capacity; cell++) {
            final long entry = entry(cell);
            if ((int) INT.getOpaque(memory, entry) != STREAM_EMPTY) {
                // Pairs with the CAS in mark.
                final int index = (int) INT.getAndSetAcquire(memory, entry, STREAM_EMPTY);
                if (!overflow) {
                    publish(index);
                }
            }
        }
        while (overflow && readerCount > 0) {
            remove(readerCount - 1);
        }
    }

    /** Looks for hints without taking them, two words at a time: this is what most passes find, so it must be cheap. */
    private boolean isQuiet() {
        // Makes each call look anew. The plain reads may be late, which costs nothing: what they miss, the next
        // pass sees, and what they see is taken by the accesses in drain.
        VarHandle.acquireFence();
        long all = (long) LONG.get(memory, offset) ^ ~QUIET_HEAD;
        // The counter and an odd number of entries fill whole pairs.
        for (long pair = offset + Long.BYTES; pair < entry(capacity); pair += Long.BYTES) {
            all &= (long) LONG.get(memory, pair);
        }
        return all == -1;
    }

    private void publish(final int index) {
        if (index < 0 || index >= itemCount) {
            garbage++;
            return;
        }
        for (int i = readerCount - 1; i >= 0; i--) {
            if (!readers[i].offer(index)) {
                remove(i);
            }
        }
    }

    /** Registers a reader; if there are too many, the oldest one loses its place and will have to scan. */
    void add(final UpdateReader reader) {
        if (readerCount == MAX_READERS) {
            remove(0);
        }
        readers[readerCount++] = reader;
    }

    private void remove(final int position) {
        readers[position].lapse();
        readerCount--;
        System.arraycopy(readers, position + 1, readers, position, readerCount - position);
    }

    private long entry(final int cell) {
        return offset + STREAM_ENTRIES + 4L * cell;
    }
}
