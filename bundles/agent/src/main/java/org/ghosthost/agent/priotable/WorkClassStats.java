package org.ghosthost.agent.priotable;

import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.WorkClass;

/**
 * How long the work of each class of a table takes, learnt from the pieces that were done; until one was, the
 * application's estimate counts. As in ghOSt's EDF policy. Belongs to one thread.
 */
public final class WorkClassStats {
    private static final long MAX_SUM_NS = WorkClass.MAX_DURATION_NS / 2;

    private final PrioTable table;
    private final long[] sumNs;
    private final long[] samples;
    private final long[] overshots;
    private final WorkClass workClass = new WorkClass();

    /** Begins without samples. */
    public WorkClassStats(PrioTable table) {
        this.table = table;
        sumNs = new long[table.workClassCount()];
        samples = new long[sumNs.length];
        overshots = new long[sumNs.length];
    }

    /**
     * Counts one piece of work of a class that is done.
     *
     * @param elapsedNs the CPU time that it took
     * @param late whether its deadline was missed
     * @throws IndexOutOfBoundsException if there is no such class
     */
    public void done(int id, long elapsedNs, boolean late) {
        begin(id);
        // Halved rather than let overflow: the average stays, and old samples fade.
        if (sumNs[id] > MAX_SUM_NS - Math.clamp(elapsedNs, 0, MAX_SUM_NS)) {
            sumNs[id] /= 2;
            samples[id] = Math.max(1, samples[id] / 2);
        }
        sumNs[id] += Math.clamp(elapsedNs, 0, MAX_SUM_NS / 2);
        samples[id]++;
        overshots[id] += late ? 1 : 0;
    }

    /**
     * The time that a piece of work of a class is expected to take, in ns, at least 1.
     *
     * @throws IndexOutOfBoundsException if there is no such class
     */
    public long estimateNs(int id) {
        begin(id);
        return Math.max(1, sumNs[id] / samples[id]);
    }

    /** How many pieces of a class were done, the application's estimate counted as the first. */
    public long samples(int id) {
        return samples[id];
    }

    /** How many pieces of a class were done after their deadline. */
    public long overshots(int id) {
        return overshots[id];
    }

    private void begin(int id) {
        if (samples[id] == 0) {
            table.readWorkClass(id, workClass);
            sumNs[id] = Math.min(workClass.execTimeNs(), MAX_SUM_NS / 2);
            samples[id] = 1;
        }
    }
}
