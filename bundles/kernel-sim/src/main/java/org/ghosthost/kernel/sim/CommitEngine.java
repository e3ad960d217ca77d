package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.TransactionFlags.ALLOW_TASK_ONCPU;
import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_SCHEDULE;
import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_TXN_COMMIT;
import static org.ghosthost.policy.TransactionFlags.COMMIT_MASK;
import static org.ghosthost.policy.TransactionFlags.DO_NOT_PREEMPT;
import static org.ghosthost.policy.TransactionFlags.ELIDE_AGENT_BARRIER_INC;
import static org.ghosthost.policy.TransactionFlags.INC_AGENT_BARRIER_ON_FAILURE;
import static org.ghosthost.policy.TransactionFlags.NEED_CPU_NOT_IDLE;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_IDLE;
import static org.ghosthost.policy.TransactionFlags.RUN_MASK;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Commits transactions: checks them in the order of ghOSt's kernel, so that of several faults the same one is reported,
 * and installs the latch. Two checks are ours: a CPU that is not of the enclave, or that the task may not use, is
 * INVALID_CPU (with the CPU of the slot, and after the task itself was found fit); a past generation, or a mode in
 * which agents do not decide, is AGENT_STALE (where the committer's permission is checked).
 */
final class CommitEngine {
    /** The commit is made by the CPU itself, not by an agent. */
    private static final int NOBODY = -1;

    private final Machine m;

    // The transaction that is being decided.

    private long gtid;
    private int flags;
    private @Nullable Task target;

    CommitEngine(Machine machine) {
        m = machine;
    }

    // ---- who commits

    /** The commit call of an agent: remote slots first, its own last. */
    void commit(SimEnclave e, int agentCpu, CpuSet slots) {
        TransactionTable table = e.table;
        boolean failed = false;
        for (int cpu = slots.first(); cpu >= 0; cpu = slots.next(cpu + 1)) {
            if (cpu == agentCpu || cpu >= m.cpus.length || table.state(cpu) != TransactionLayout.STATE_READY) {
                continue;
            }
            if ((table.flags(cpu) & COMMIT_AT_TXN_COMMIT) != 0) {
                failed |= decideAndFinish(e, m.cpus[cpu], agentCpu) != TransactionState.COMPLETE;
            } else {
                m.cpus[cpu].commitPending = true;
                m.kick(m.cpus[cpu]);
            }
        }
        if (slots.contains(agentCpu) && table.state(agentCpu) == TransactionLayout.STATE_READY) {
            if (failed) {
                finishNow(e, m.cpus[agentCpu], TransactionState.POISONED);
            } else {
                decideAndFinish(e, m.cpus[agentCpu], agentCpu);
            }
        }
    }

    /** All of the slots, or none. */
    boolean commitSyncGroup(SimEnclave e, int agentCpu, CpuSet slots) {
        return m.syncGroups.commit(e, agentCpu, slots);
    }

    /** The CPU schedules and has nothing better to do: commits what waits for that. */
    void commitAtSchedule(SimEnclave e, Cpu c) {
        if (e.hasReady(c.id) && (e.table.flags(c.id) & COMMIT_AT_TXN_COMMIT) == 0) {
            decideAndFinish(e, c, NOBODY);
        }
    }

    /** The CPU was kicked, or ticks: commits what is greedy. */
    void commitGreedy(Cpu c) {
        SimEnclave e = c.enclave;
        c.commitPending = false;
        if (e != null
                && e.hasReady(c.id)
                && (e.table.flags(c.id) & (COMMIT_AT_TXN_COMMIT | COMMIT_AT_SCHEDULE)) == 0) {
            decideAndFinish(e, c, NOBODY);
        }
    }

    /** A slot that is ready. Nobody else can claim it: the machine has one thread. */
    private TransactionState decideAndFinish(SimEnclave e, Cpu c, int committer) {
        return finish(e, c, decide(e, c, committer), committer);
    }

    // ---- the decision

    /** Everything but the result: on success the task is latched. */
    TransactionState decide(SimEnclave e, Cpu c, int committer) {
        if (m.invariants != null) {
            return checkedDecide(m.invariants, e, c, committer);
        }
        return uncheckedDecide(e, c, committer);
    }

    private TransactionState checkedDecide(Invariants invariants, SimEnclave e, Cpu c, int committer) {
        long of = e.table.gtid(c.id);
        boolean raises = (e.table.flags(c.id) & INC_AGENT_BARRIER_ON_FAILURE) != 0;
        Invariants.Before before = invariants.beforeCommit(c, of > 0 ? m.find(of) : null);
        TransactionState state = uncheckedDecide(e, c, committer);
        if (state != TransactionState.COMPLETE) {
            invariants.failedCommit(c, before, raises);
        }
        return state;
    }

    private TransactionState uncheckedDecide(SimEnclave e, Cpu c, int committer) {
        TransactionState state = check(e, c, committer);
        if (state == TransactionState.COMPLETE) {
            install(e, c, committer);
        } else if ((flags & INC_AGENT_BARRIER_ON_FAILURE) != 0 && c.agent != null) {
            m.agents.raiseBarrier(c.agent);
        }
        return state;
    }

    private TransactionState check(SimEnclave e, Cpu c, int committer) {
        TransactionTable table = e.table;
        int cpu = c.id;
        gtid = table.gtid(cpu);
        flags = table.flags(cpu);
        target = gtid > 0 ? m.find(gtid) : null;
        if (table.version(cpu) != TransactionLayout.VERSION_NUMBER) {
            return TransactionState.UNSUPPORTED_VERSION;
        }
        if (table.cpu(cpu) != cpu || c.enclave != e) {
            return TransactionState.INVALID_CPU;
        }
        if (!flagsAreValid(gtid, flags)) {
            return TransactionState.INVALID_FLAGS;
        }
        if (!c.online) {
            return TransactionState.CPU_OFFLINE;
        }
        TransactionState state = checkTarget(e, c);
        return state != TransactionState.COMPLETE ? state : checkCpu(e, c, committer);
    }

    private static boolean flagsAreValid(long gtid, int flags) {
        int run = flags & 0xffff;
        if ((run & ~RUN_MASK) != 0
                || (gtid == Gtid.AGENT && run != 0)
                || (gtid < 0 && (run & RTLA_ON_IDLE) != 0)
                || (gtid != Gtid.IDLE && (run & NEED_CPU_NOT_IDLE) != 0)) {
            return false;
        }
        int commit = flags & ~0xffff;
        return (commit & ~COMMIT_MASK) == 0
                && !hasBoth(commit, COMMIT_AT_SCHEDULE | COMMIT_AT_TXN_COMMIT)
                && !hasBoth(commit, ELIDE_AGENT_BARRIER_INC | INC_AGENT_BARRIER_ON_FAILURE);
    }

    private static boolean hasBoth(int flags, int both) {
        return (flags & both) == both;
    }

    /** The task, by its gtid; and that it can be run there. */
    private TransactionState checkTarget(SimEnclave e, Cpu c) {
        boolean allowOnCpu = (flags & ALLOW_TASK_ONCPU) != 0;
        if (gtid <= 0) {
            if (gtid < Gtid.IDLE) {
                return TransactionState.INVALID_TARGET;
            }
            boolean idleIsOn = gtid == Gtid.IDLE && c.isIdle();
            return idleIsOn && !allowOnCpu ? TransactionState.TARGET_ONCPU : TransactionState.COMPLETE;
        }
        Task t = target;
        if (t == null) {
            return TransactionState.TARGET_NOT_FOUND;
        }
        if (t.isAgent) {
            return TransactionState.INVALID_TARGET;
        }
        TransactionState state = validate(e, c, t, allowOnCpu);
        if (state == TransactionState.COMPLETE && !t.isOnCpu()) {
            if (t.isLatched() && t.latchedOn != c.id) {
                m.scheduler.dropLatch(m.cpus[t.latchedOn]);
            }
            m.ghost.move(t, c);
        }
        return state;
    }

    private static TransactionState validate(SimEnclave e, Cpu c, Task t, boolean allowOnCpu) {
        if (t.isGated()) {
            return TransactionState.TARGET_STALE;
        }
        if (!t.isGhost() || t.enclave != e) {
            return TransactionState.INVALID_TARGET;
        }
        if (t.barrier != e.table.taskBarrier(c.id)) {
            return TransactionState.TARGET_STALE;
        }
        if (!t.isRunnable()) {
            return TransactionState.TARGET_NOT_RUNNABLE;
        }
        if (t.isOnCpu()) {
            if (t.onCpu != c.id || !allowOnCpu) {
                return TransactionState.TARGET_ONCPU;
            }
            if (c.mustResched) {
                return TransactionState.TARGET_STALE;
            }
        }
        return t.allowedOn(c.id) ? TransactionState.COMPLETE : TransactionState.INVALID_CPU;
    }

    /** The agent and what the CPU does now. */
    private TransactionState checkCpu(SimEnclave e, Cpu c, int committer) {
        Agent agent = c.agent;
        if (agent == null) {
            return TransactionState.NO_AGENT;
        }
        if (committer != NOBODY && gtid != Gtid.AGENT && !e.hasAgent(committer)) {
            return TransactionState.NOT_PERMITTED;
        }
        if (e.table.generation(c.id) != e.generation || e.mode != EnclaveMode.AGENTS) {
            return TransactionState.AGENT_STALE;
        }
        Task current = c.current;
        if (gtid > 0 || gtid == Gtid.IDLE) {
            boolean ghostThere = current != null && current.isGhost();
            if ((flags & DO_NOT_PREEMPT) != 0 && (ghostThere || c.isLatched())) {
                return TransactionState.AGENT_STALE;
            }
            if (current != null && !current.isGhost()) {
                return TransactionState.CPU_UNAVAIL;
            }
        }
        boolean blocks = committer == c.id && gtid != Gtid.AGENT;
        return blocks && e.table.agentBarrier(c.id) != agent.thread.barrier
                ? TransactionState.AGENT_STALE
                : TransactionState.COMPLETE;
    }

    // ---- success

    private void install(SimEnclave e, Cpu c, int committer) {
        Agent agent = c.agent;
        boolean self = committer == c.id;
        if (agent == null) {
            throw new IllegalStateException("no agent on CPU " + c.id);
        }
        if (gtid == Gtid.AGENT) {
            m.agents.wake(c);
        } else {
            if (latch(e, c)) {
                price(e, c, committer);
                if (!self && (flags & ELIDE_AGENT_BARRIER_INC) == 0) {
                    m.agents.raiseBarrier(agent);
                }
            }
            if (self) {
                agent.blockedInRun = true;
            }
        }
        c.cpuSeqnum++;
        e.table.committed(c.id, m.now, c.cpuSeqnum);
    }

    /** Whether there is something to do for the CPU; else the target is there already. */
    private boolean latch(SimEnclave e, Cpu c) {
        Task t = target;
        boolean same = t != null && c.latched == t;
        if (same || c.poisoned) {
            m.scheduler.dropLatch(c);
        } else if (c.isLatched()) {
            m.scheduler.cancelLatch(c);
        }
        c.runFlags = flags & 0xffff;
        c.commitTimeNs = m.now;
        long sliceNs = e.table.sliceNs(c.id);
        if (t != null && t.onCpu == c.id) {
            c.sliceEnd = sliceNs > 0 ? m.now + sliceNs : EventQueue.NEVER;
            m.charge(c);
            m.scheduler.setPhase(c, t);
            m.arm(c);
            return false;
        }
        if (gtid == Gtid.IDLE && c.isIdle()) {
            return false;
        }
        c.latched = t;
        c.latchedIdle = gtid == Gtid.IDLE;
        c.latchSliceNs = sliceNs;
        c.mustResched = gtid == Gtid.NULL;
        if (t != null) {
            t.latchedOn = c.id;
        }
        m.kick(c);
        return true;
    }

    /** What the target's side will cost. */
    private void price(SimEnclave e, Cpu c, int committer) {
        if (committer == c.id) {
            c.latchCostNs = m.costs.scheduleLocal();
        } else if (committer == NOBODY) {
            c.latchCostNs = m.costs.target();
        } else {
            c.latchCostNs = m.costs.targetNs(Math.max(1, e.remoteCommits(committer)));
        }
    }

    /** Stores the result where the agent sees it, now or later, and tells. */
    private TransactionState finish(SimEnclave e, Cpu c, TransactionState state, int committer) {
        tell(e, c, gtid, target, state);
        int delay = m.mischief.outcomeDelay();
        if (delay > 0) {
            m.lateOutcomes.delay(e, c, target, state, committer, delay);
        } else {
            e.table.store(c.id, state);
        }
        return state;
    }

    /** A transaction that was decided by others: stores the result, and tells. */
    void finishNow(SimEnclave e, Cpu c, TransactionState state) {
        long of = e.table.gtid(c.id);
        tell(e, c, of, of > 0 ? m.find(of) : null, state);
        e.table.store(c.id, state);
    }

    private void tell(SimEnclave e, Cpu c, long of, @Nullable Task t, TransactionState state) {
        e.transactions++;
        m.events++;
        m.hash.add((long) state.code() << 32 | c.id, of, m.now);
        m.observer.transaction(e.id, c.id, t == null || t.isAgent ? -1 : t.id, of, state.code(), m.now);
        if (m.invariants != null) {
            m.invariants.transaction(c, t, of, state);
        }
    }
}
