package org.ghosthost.agent.priotable;

import java.util.Arrays;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.priotable.PrioTable;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Orchestrator}s of all processes that have tasks in the enclave. A policy tells which tasks come and go,
 * and calls {@link #refresh} once in each pass. Belongs to one thread.
 */
public final class Orchestrators {
    /** How many processes may have a table; the others are served as if they had none. */
    public static final int MAX_PROCESSES = 1024;

    private final SchedParamsListener listener;
    private final IdIndex byTgid = new IdIndex(MAX_PROCESSES);
    private @Nullable Orchestrator[] orchestrators = new Orchestrator[8];
    private int[] taskCounts = new int[8];
    private int size;
    private boolean leads;

    /** Begins without processes. */
    public Orchestrators(SchedParamsListener listener) {
        this.listener = listener;
    }

    /**
     * Counts a task of a process, and opens the table of the process if it has one.
     *
     * @param agent who knows the tables
     * @param tgid the process; must be positive
     * @return the orchestrator of the process; null if it has no table
     */
    public @Nullable Orchestrator taskAdded(Agent agent, int tgid) {
        int index = byTgid.get(tgid);
        if (index == IdIndex.NONE) {
            index = open(agent, tgid);
        }
        if (index == IdIndex.NONE) {
            return null;
        }
        taskCounts[index]++;
        return orchestrators[index];
    }

    private int open(Agent agent, int tgid) {
        PrioTable table = size == MAX_PROCESSES ? null : agent.prioTable(tgid);
        if (table == null || !byTgid.put(tgid, size)) {
            return IdIndex.NONE;
        }
        if (size == orchestrators.length) {
            orchestrators = Arrays.copyOf(orchestrators, 2 * size);
            taskCounts = Arrays.copyOf(taskCounts, 2 * size);
        }
        PrioTable view = table.view();
        view.writable(leads);
        orchestrators[size] = new Orchestrator(tgid, view);
        taskCounts[size] = 0;
        return size++;
    }

    /** Discounts a task that {@link #taskAdded} gave an orchestrator; with the last one its process is forgotten. */
    public void taskRemoved(Orchestrator orchestrator) {
        int index = byTgid.get(orchestrator.tgid());
        if (index == IdIndex.NONE || orchestrators[index] != orchestrator) {
            throw new IllegalArgumentException("process " + orchestrator.tgid() + " has no tasks here");
        }
        if (--taskCounts[index] > 0) {
            return;
        }
        byTgid.remove(orchestrator.tgid());
        size--;
        Orchestrator last = orchestrators[size];
        orchestrators[size] = null;
        if (index < size && last != null) {
            orchestrators[index] = last;
            taskCounts[index] = taskCounts[size];
            byTgid.put(last.tgid(), index);
        }
    }

    /** The orchestrator of a process; null if it has no tasks or no table. */
    public @Nullable Orchestrator of(int tgid) {
        int index = tgid > 0 ? byTgid.get(tgid) : IdIndex.NONE;
        return index == IdIndex.NONE ? null : orchestrators[index];
    }

    /** From now on the policy decides: what it gives to repeating threads reaches the tables. */
    public void lead() {
        leads = true;
        for (int i = 0; i < size; i++) {
            Orchestrator orchestrator = orchestrators[i];
            if (orchestrator != null) {
                orchestrator.table().writable(true);
            }
        }
    }

    /**
     * Refreshes all, see {@link Orchestrator#refresh}.
     *
     * @return false if there is more to copy: call again in the next pass, and let that be soon
     */
    public boolean refresh() {
        boolean complete = true;
        for (int i = 0; i < size; i++) {
            Orchestrator orchestrator = orchestrators[i];
            complete &= orchestrator == null || orchestrator.refresh(listener);
        }
        return complete;
    }

    /** Number of processes that have tasks and a table. */
    public int size() {
        return size;
    }

    /** Appends all tables, for people. */
    public void dump(StringBuilder out) {
        for (int i = 0; i < size; i++) {
            Orchestrator orchestrator = orchestrators[i];
            if (orchestrator != null) {
                orchestrator.dump(out);
            }
        }
    }
}
