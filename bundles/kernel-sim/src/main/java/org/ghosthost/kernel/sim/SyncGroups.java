package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Commits that succeed or fail together. On failure those that were committed already are poisoned: their tasks do not
 * run, their CPUs reschedule without a word about them, and their transactions say POISONED as the rest do.
 */
final class SyncGroups {
    private final Machine m;
    private final @Nullable TransactionState[] states;

    SyncGroups(Machine machine) {
        m = machine;
        states = new TransactionState[machine.cpus.length];
    }

    boolean commit(SimEnclave e, int agentCpu, CpuSet slots) {
        boolean ok = claim(e, slots);
        for (int cpu = slots.first(); cpu >= 0; cpu = slots.next(cpu + 1)) {
            if (cpu != agentCpu) {
                ok = decide(e, cpu, agentCpu, ok);
            }
        }
        if (slots.contains(agentCpu)) {
            ok = decide(e, agentCpu, agentCpu, ok);
        }
        for (int cpu = slots.first(); cpu >= 0; cpu = slots.next(cpu + 1)) {
            conclude(e, cpu, agentCpu, ok);
        }
        return ok;
    }

    private boolean claim(SimEnclave e, CpuSet slots) {
        boolean ok = true;
        for (int cpu = slots.first(); cpu >= 0; cpu = slots.next(cpu + 1)) {
            boolean exists = cpu < m.cpus.length;
            boolean claimed = exists && e.hasReady(cpu);
            if (exists) {
                states[cpu] = claimed ? TransactionState.POISONED : null;
            }
            ok &= claimed;
        }
        return ok;
    }

    private boolean decide(SimEnclave e, int cpu, int agentCpu, boolean ok) {
        if (!ok || cpu >= m.cpus.length) {
            return false;
        }
        states[cpu] = m.commits.decide(e, m.cpus[cpu], agentCpu);
        return states[cpu] == TransactionState.COMPLETE;
    }

    private void conclude(SimEnclave e, int cpu, int agentCpu, boolean ok) {
        TransactionState state = cpu < m.cpus.length ? states[cpu] : null;
        if (state == null) {
            return;
        }
        Cpu c = m.cpus[cpu];
        if (!ok && state == TransactionState.COMPLETE) {
            poison(c, e.table.gtid(cpu) > 0, cpu == agentCpu);
            state = TransactionState.POISONED;
        }
        m.commits.finishNow(e, c, state);
        if (ok) {
            TransactionTable table = e.table;
            table.disown(cpu);
        }
    }

    private void poison(Cpu c, boolean task, boolean own) {
        if (c.isLatched()) {
            c.poisoned = true;
            Task latched = c.latched;
            if (m.invariants != null && latched != null) {
                m.invariants.poisoned(latched);
            }
        } else if (task) { // it was there already
            c.ignorePrevPreemption = true;
            c.mustResched = true;
        }
        Agent a = c.agent;
        if (own && a != null) {
            a.blockedInRun = false;
        }
        m.kick(c);
    }
}
