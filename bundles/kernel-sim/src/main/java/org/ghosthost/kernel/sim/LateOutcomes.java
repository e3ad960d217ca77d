package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * Outcomes that the agents do not know yet. The slot stays claimed; it gets its state at a later time, but before any
 * message of its task, and then the agent that committed is called.
 */
final class LateOutcomes {
    private final Machine m;
    private final int[] calls;
    private final @Nullable TransactionState[] states;
    private final @Nullable SimEnclave[] enclaves;
    private final @Nullable Task[] tasks;
    private final int[] committers;

    LateOutcomes(Machine machine) {
        m = machine;
        int cpus = machine.cpus.length;
        calls = new int[cpus];
        states = new TransactionState[cpus];
        enclaves = new SimEnclave[cpus];
        tasks = new Task[cpus];
        committers = new int[cpus];
        for (int i = 0; i < cpus; i++) {
            int cpu = i;
            calls[cpu] = machine.calls.register(() -> settle(cpu));
        }
    }

    /** The outcome is stored later. */
    void delay(SimEnclave e, Cpu c, @Nullable Task t, TransactionState state, int committer, int ns) {
        settle(c.id);
        if (t != null) {
            if (t.undecided >= 0) {
                settle(t.undecided);
            }
            t.undecided = c.id;
        }
        e.table.claim(c.id, Math.max(committer, 0));
        states[c.id] = state;
        enclaves[c.id] = e;
        tasks[c.id] = t;
        committers[c.id] = committer;
        m.calls.set(calls[c.id], m.now + ns);
    }

    /** The outcome of the CPU's slot is stored now, if there is one to store. */
    void settle(int cpu) {
        TransactionState state = states[cpu];
        SimEnclave e = enclaves[cpu];
        if (state == null || e == null) {
            return;
        }
        states[cpu] = null;
        enclaves[cpu] = null;
        Task t = tasks[cpu];
        tasks[cpu] = null;
        if (t != null) {
            t.undecided = -1;
        }
        m.calls.set(calls[cpu], NEVER);
        e.table.store(cpu, state);
        int by = committers[cpu];
        boolean sleepsByIt = by == cpu && state == TransactionState.COMPLETE;
        if (!sleepsByIt && e.hasAgent(by)) {
            m.agents.wake(m.cpus[by]);
        }
    }
}
