package org.ghosthost.agent.priotable;

import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTable.ReadResult;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.UpdateReader;
import org.ghosthost.policy.priotable.WorkClass;
import org.jspecify.annotations.Nullable;

/**
 * What a policy knows of the PrioTable of one process. Call {@link #refresh} once in each pass: it copies what the
 * application has changed and tells the policy.
 *
 * <p>Nothing here waits for the application or trusts it, and each refresh is bounded, whatever the application does.
 * Nothing is allocated but one {@link SchedParams} per item, when it is first seen. Belongs to one thread.
 */
public final class Orchestrator {
    /** How many items one refresh looks at when all of them must be read. */
    public static final int MAX_SCAN_PER_REFRESH = 1024;

    private final int tgid;
    private final PrioTable table;
    private final UpdateReader reader;
    private final @Nullable SchedParams[] params;
    private final IdIndex byGtid;
    private final SchedItem item = new SchedItem();
    private final WorkClass workClass = new WorkClass();
    private @Nullable WorkClassStats stats;
    private int scanNext;
    private int scanLeft;
    private long garbage;

    /**
     * Begins with every item unread; the next {@link #refresh} reads them.
     *
     * @param tgid the process
     * @param table its table, as this policy sees it
     */
    public Orchestrator(int tgid, PrioTable table) {
        this.tgid = tgid;
        this.table = table;
        // A reader before the first scan, so that no change falls between the two.
        reader = table.newReader();
        params = new SchedParams[table.itemCount()];
        byGtid = new IdIndex(table.itemCount());
        scanLeft = params.length;
    }

    /** The process. */
    public int tgid() {
        return tgid;
    }

    /** Its table. */
    public PrioTable table() {
        return table;
    }

    /** How long its work takes, by class; begun by the first call. */
    public WorkClassStats stats() {
        WorkClassStats begun = stats;
        if (begun == null) {
            begun = new WorkClassStats(table);
            stats = begun;
        }
        return begun;
    }

    /** How often the application said something that made no sense. */
    public long garbage() {
        return garbage + table.garbage();
    }

    /**
     * Copies what the application changed since the last call, and calls {@code listener} for each item of which a
     * parameter may have changed.
     *
     * @return false if there is more to copy: call again in the next pass, and let that be soon
     */
    public boolean refresh(SchedParamsListener listener) {
        // More than this is not in the stream, unless somebody fills it while it is read.
        for (int i = table.streamCapacity(); i > 0; i--) {
            int index = reader.nextUpdatedIndex();
            if (index == PrioTable.NO_ENTRIES) {
                break;
            }
            if (index == PrioTable.OVERFLOW) {
                scanLeft = params.length;
                break;
            }
            refreshItem(index, listener);
        }
        scan(Math.min(scanLeft, MAX_SCAN_PER_REFRESH), listener);
        return scanLeft == 0;
    }

    /** Looks at every item now, however many there are: for a start, not for the hot path. */
    public void refreshAll(SchedParamsListener listener) {
        scanLeft = params.length;
        scan(scanLeft, listener);
    }

    private void scan(int count, SchedParamsListener listener) {
        for (int i = 0; i < count; i++) {
            int sid = scanNext;
            scanNext = sid + 1 == params.length ? 0 : sid + 1;
            scanLeft--;
            refreshItem(sid, listener);
        }
    }

    private void refreshItem(int sid, SchedParamsListener listener) {
        SchedParams cached = params[sid];
        // An item that was never written has 0, and needs no object.
        if (table.seqcount(sid) == (cached == null ? 0 : cached.seqcount())) {
            return;
        }
        if (cached == null) {
            cached = new SchedParams(sid);
            params[sid] = cached;
        }
        long oldGtid = cached.gtid();
        if (copy(cached)) {
            listener.paramsChanged(this, cached, oldGtid);
        }
    }

    /** Copies one item into the cache; returns whether the policy must hear of it. */
    private boolean copy(SchedParams cached) {
        ReadResult result = table.readItem(cached.sid(), item);
        if (result == ReadResult.INVALID) {
            cached.seen(item.seqcount());
            return false;
        }
        if (result == ReadResult.TORN) {
            // Whoever writes announces it afterwards, so the item will be seen again. Till then: to a thread without
            // work the writer is most likely giving some, and to let it run too early costs less than too late.
            if (cached.hasWork()) {
                return false;
            }
            cached.seen(item.seqcount());
            cached.setRunnable();
            return true;
        }
        long oldGtid = cached.gtid();
        table.readWorkClass(item.workClass(), workClass);
        cached.read(item, workClass);
        if (cached.gtid() != oldGtid) {
            rename(cached, oldGtid);
        }
        return true;
    }

    /** The item that names a thread last has it; an earlier one loses it, since it may only not have been read yet. */
    private void rename(SchedParams cached, long oldGtid) {
        if (oldGtid != 0) {
            byGtid.remove(oldGtid);
        }
        long gtid = cached.gtid();
        if (gtid == 0) {
            return;
        }
        SchedParams earlier = paramsOf(gtid);
        if (earlier != null) {
            earlier.loseThread();
        }
        if (!byGtid.put(gtid, cached.sid())) {
            garbage++;
            cached.loseThread();
        }
    }

    /** What the application says about a thread, as of the last refresh; null if it said nothing. O(1). */
    public @Nullable SchedParams paramsOf(long gtid) {
        int sid = gtid > 0 ? byGtid.get(gtid) : IdIndex.NONE;
        return sid == IdIndex.NONE ? null : params[sid];
    }

    /** What the application says in one item, as of the last refresh; null if it never wrote it, or there is none. */
    public @Nullable SchedParams params(int sid) {
        return sid >= 0 && sid < params.length ? params[sid] : null;
    }

    /**
     * Gives a repeating thread its next piece of work: the policy found that its period is over. Its cached parameters
     * and the shared item say so at once; the listener is not called.
     *
     * @param repeating parameters of this orchestrator
     * @throws IllegalArgumentException if they are not repeating, or the thread has work already
     */
    public void makeEngineRunnable(SchedParams repeating) {
        if (params(repeating.sid()) != repeating || !repeating.repeating() || repeating.hasWork()) {
            throw new IllegalArgumentException("sched item " + repeating.sid() + " of process " + tgid
                    + " must be repeating and without work: repeating=" + repeating.repeating() + " hasWork="
                    + repeating.hasWork());
        }
        repeating.setRunnable();
        table.setRunnable(repeating.sid());
    }

    /** Period of a work class as it is now, in ns; 0 if it has none or the index is out of range. */
    public long workClassPeriodNs(int id) {
        if (id < 0 || id >= table.workClassCount()) {
            return 0;
        }
        table.readWorkClass(id, workClass);
        return workClass.periodNs();
    }

    /** Appends, for people, each item that has a thread: as it is in the table, and in brackets as it is cached. */
    public void dump(StringBuilder out) {
        out.append("PrioTable of process ").append(tgid).append(": TASK WCID FLAGS SEQCOUNT, garbage ")
                .append(garbage()).append('\n');
        for (SchedParams cached : params) {
            if (cached != null && cached.gtid() != 0) {
                ReadResult result = table.readItem(cached.sid(), item);
                out.append("  ").append(Gtid.toString(cached.gtid()));
                if (result == ReadResult.READ) {
                    append(out.append(' '), item.workClass(), item.flags(), item.seqcount());
                } else {
                    out.append(' ').append(result);
                }
                append(out.append(" ("), cached.workClass(), cached.flags(), cached.seqcount());
                out.append(")\n");
            }
        }
    }

    private static void append(StringBuilder out, int workClass, int flags, int seqcount) {
        out.append(workClass).append(' ').append(flags).append(' ').append(seqcount);
    }
}
