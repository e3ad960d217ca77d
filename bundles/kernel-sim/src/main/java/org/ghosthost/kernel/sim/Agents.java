package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_BOOSTED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CPU_AVAILABLE;

import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionFlags;
import org.jspecify.annotations.Nullable;

/** Drives the agents: begins their passes, lets the cost of a pass go by, commits, parks, wakes. */
final class Agents {
    private final Machine m;

    Agents(Machine machine) {
        m = machine;
    }

    // ---- the pass

    /** The time has come for the agent that has the CPU. */
    void phase(Cpu c) {
        Agent a = c.agent;
        if (a == null || !c.agentCurrent) {
            return;
        }
        if (a.phase == Agent.DECIDED) {
            commit(c, a);
        } else if (a.phase == Agent.ENDED) {
            a.phase = Agent.START;
            park(c, a);
        } else {
            decide(c, a);
        }
    }

    private void decide(Cpu c, Agent a) {
        leaveSpinners(a);
        a.polledSeen = a.enclave.polled;
        a.phase = Agent.DECIDED;
        c.phaseAt = NEVER;
        a.pass.decide(true);
        if (a.detached) {
            m.scheduler.schedule(c);
            return;
        }
        int messages = a.pass.messages();
        int decisions = a.pass.decisions();
        boolean spins = a.pass.spins();
        long cost = cost(c, a, messages, decisions, spins) + m.faults.stall();
        m.observer.agentPass(a.enclave.id, c.id, messages, decisions, cost, m.now);
        a.switchedIn = false;
        c.phaseAt = m.now + cost;
        m.arm(c);
        if (decisions == 0 && spins) {
            endIdlePass(c, a);
        }
    }

    /**
     * A pass that decided nothing, of an agent that waits spinning: nobody can see when it ends, so that it ends at
     * once and the agent is merely deaf until its time is over. This saves an event.
     */
    private void endIdlePass(Cpu c, Agent a) {
        a.busyUntil = c.phaseAt;
        a.phase = Agent.ENDED;
        a.pass.commit();
        long until = a.pass.waitUntilNs();
        if (a.detached) {
            m.scheduler.schedule(c);
        } else if (a.pass.spins() && !missed(a, true) && until > a.busyUntil) {
            spin(c, a, until);
        }
    }

    private static boolean missed(Agent a, boolean spins) {
        return a.pass.barrier() != a.thread.barrier || (spins && a.polledSeen != a.enclave.polled);
    }

    private void spin(Cpu c, Agent a, long until) {
        a.phase = Agent.SPINNING;
        a.nextSpinner = a.enclave.spinners;
        a.enclave.spinners = a;
        c.phaseAt = until;
        m.arm(c);
    }

    private long cost(Cpu c, Agent a, int messages, int decisions, boolean spins) {
        CostTable costs = m.costs;
        int remote = decisions;
        if (remote > 0 && a.enclave.hasReady(c.id)) {
            remote--;
        }
        a.remoteCommits = remote;
        long ns = costs.syscall() + costs.commitNs(remote) + a.enclave.takeDebt();
        if (messages > 0) {
            ns += messages * (spins ? costs.messageGlobal() : costs.messageLocal());
        } else if (a.switchedIn) {
            ns += costs.switchMinimal();
        }
        return ns;
    }

    private void commit(Cpu c, Agent a) {
        a.phase = Agent.START;
        c.phaseAt = NEVER;
        a.committing = true;
        a.pass.commit();
        a.committing = false;
        if (a.detached) {
            m.scheduler.schedule(c);
        } else {
            park(c, a);
        }
    }

    private void park(Cpu c, Agent a) {
        long until = a.pass.waitUntilNs();
        if (a.blockedInRun) { // its commit put a task on this CPU
            m.armAgent(c, Math.max(until, m.now));
            m.scheduler.schedule(c);
            return;
        }
        boolean spins = a.pass.spins();
        if (missed(a, spins) || until <= m.now) {
            c.phaseAt = m.now;
            m.arm(c);
        } else if (spins) {
            spin(c, a, until);
        } else {
            blockInRun(c, a, a.pass.waitFlags() & TransactionFlags.RTLA_ON_IDLE);
            m.armAgent(c, until);
            m.scheduler.schedule(c);
        }
    }

    /** RUN: a latch that somebody else has set stays, with its flags. */
    private void blockInRun(Cpu c, Agent a, int flags) {
        if (m.invariants != null) {
            m.invariants.sleeps(a);
        }
        a.blockedInRun = true;
        if (!c.isLatched()) {
            c.runFlags = flags;
        }
    }

    // ---- waking

    /** A message or an edge for the agent of the CPU: raises its barrier and runs it. */
    void wake(Cpu c) {
        Agent a = c.agent;
        if (a != null) {
            int before = a.thread.barrier;
            raiseBarrier(a);
            wakeNow(a);
            if (m.invariants != null) {
                m.invariants.woken(a, before);
            }
        }
    }

    /** As {@link #wake}, without a change of the barrier. */
    void wakeNow(Agent a) {
        if (a.blockedInRun) {
            if (!a.shouldWake) {
                a.shouldWake = true;
                m.kickLate(a.cpu);
            }
        } else {
            poke(a);
        }
    }

    /** If the agent waits spinning, it begins a pass. */
    void poke(Agent a) {
        if (a.phase == Agent.SPINNING) {
            leaveSpinners(a);
            a.phase = Agent.START;
            a.cpu.phaseAt = Math.max(m.now, a.busyUntil);
            m.arm(a.cpu);
        }
    }

    /** The deadline of an agent that waits in RUN. */
    void deadline(Cpu c) {
        Agent a = c.agent;
        if (a != null && a.blockedInRun && !a.shouldWake) {
            a.shouldWake = true;
            m.kick(c);
        }
    }

    /** The agent blocks in the kernel, outside of RUN, for {@code ns}. */
    boolean block(Cpu c, long ns) {
        Agent a = c.agent;
        if (a == null || a.stalled) {
            return false;
        }
        a.stalled = true;
        m.messages.agentRunnability(c, MessageType.CPU_AGENT_BLOCKED);
        m.kick(c);
        m.calls.at(m.now + ns, () -> {
            if (!a.detached) {
                a.stalled = false;
                m.messages.agentRunnability(c, MessageType.CPU_AGENT_WAKEUP);
                m.kick(c);
            }
        });
        return true;
    }

    void raiseBarrier(Agent a) {
        a.thread.raiseBarrier(a.enclave);
    }

    // ---- on and off the CPU

    /** The agent gets the CPU, or keeps it. */
    void on(Cpu c, Agent a) {
        boolean boosted = c.othersWait();
        boolean changed = boosted != a.boosted;
        if (changed) {
            a.boosted = boosted;
            a.thread.setWordFlags(a.thread.wordFlags ^ FLAG_BOOSTED);
        }
        if (c.agentCurrent) {
            if (a.phase == Agent.START && c.phaseAt == NEVER && !a.committing) {
                c.phaseAt = m.now; // woken before it had left the CPU
            } else if (changed) {
                poke(a);
            }
            return;
        }
        c.agentCurrent = true;
        a.switchedIn = true;
        a.thread.chargedAt = m.now;
        a.enclave.words.onCpu(a.thread.statusWord, a.enclave.id, c.id, m.now);
        m.armAgent(c, NEVER);
        c.phaseAt = m.now + a.passLeftNs;
        a.passLeftNs = 0;
        m.observer.agentOnCpu(a.enclave.id, c.id, m.now);
    }

    /** The agent gives up the CPU. */
    void off(Cpu c) {
        Agent a = c.agent;
        c.agentCurrent = false;
        if (a != null) {
            if (a.phase == Agent.DECIDED || a.phase == Agent.ENDED) {
                a.passLeftNs = Math.max(0, c.phaseAt - m.now);
            } else {
                leaveSpinners(a);
                a.phase = Agent.START;
            }
            a.enclave.words.runtime(a.thread.statusWord, a.thread.runtime);
            m.observer.agentOffCpu(a.enclave.id, c.id, m.now);
        }
    }

    void markAvailable(Agent a) {
        int flags = a.thread.wordFlags & ~FLAG_CPU_AVAILABLE;
        a.thread.setWordFlags(a.cpu.available ? flags | FLAG_CPU_AVAILABLE : flags);
    }

    void leaveSpinners(Agent a) {
        if (a.phase != Agent.SPINNING) {
            return;
        }
        Agent before = null;
        for (Agent s = a.enclave.spinners; s != null; s = s.nextSpinner) {
            if (s == a) {
                unlink(a, before);
                return;
            }
            before = s;
        }
    }

    private static void unlink(Agent a, @Nullable Agent before) {
        if (before == null) {
            a.enclave.spinners = a.nextSpinner;
        } else {
            before.nextSpinner = a.nextSpinner;
        }
        a.nextSpinner = null;
    }
}
