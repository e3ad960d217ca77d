package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;

import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/** Attaches agents to CPUs and ends them. */
final class AgentTable {
    private final Machine m;

    AgentTable(Machine machine) {
        m = machine;
    }

    int attach(SimEnclave e, int cpu, @Nullable SimQueue queue, AgentPass pass) throws KernelException {
        if (cpu < 0 || cpu >= m.cpus.length || m.cpus[cpu].enclave != e) {
            throw new KernelException(Errno.ENODEV, "CPU " + cpu + " is not of enclave " + e.id);
        }
        Cpu c = m.cpus[cpu];
        if (c.agent != null) {
            throw new KernelException(Errno.EBUSY, "CPU " + cpu + " has an agent already");
        }
        if (queue == null) {
            throw new KernelException(
                    Errno.ENXIO, "enclave " + e.id + " has no default queue for the agent of CPU " + cpu);
        }
        Task thread = m.newAgentThread(cpu);
        thread.statusWord = e.words.allocate(thread, e.id, FLAG_IS_AGENT);
        if (thread.statusWord == StatusWordTable.NONE) {
            m.forgetAgent(thread);
            throw new KernelException(Errno.ENOMEM, "enclave " + e.id + " has no free status word");
        }
        thread.enclave = e;
        thread.wordFlags = e.words.flags(thread.statusWord);
        Agent a = new Agent(c, e, pass, thread, queue);
        c.agent = a;
        killPending(e, c);
        m.agents.markAvailable(a);
        m.kick(c);
        return thread.statusWord;
    }

    /** The agent's thread has exited; its status word is free at once. */
    void detach(SimEnclave e, int cpu) throws KernelException {
        Agent a = e.hasAgent(cpu) ? m.cpus[cpu].agent : null;
        if (a == null) {
            throw new KernelException(Errno.ESRCH, "CPU " + cpu + " has no agent of enclave " + e.id);
        }
        detach(a);
    }

    void detachAll(SimEnclave e) {
        for (int cpu = e.cpus.first(); cpu >= 0; cpu = e.cpus.next(cpu + 1)) {
            Agent a = m.cpus[cpu].agent;
            if (a != null) {
                detach(a);
            }
        }
    }

    private void detach(Agent a) {
        Cpu c = a.cpu;
        SimEnclave e = a.enclave;
        m.agents.leaveSpinners(a);
        a.detached = true;
        if (c.isLatched()) {
            m.scheduler.cancelLatch(c);
        }
        c.runFlags = 0;
        c.agent = null;
        killPending(e, c);
        if (c.agentCurrent) {
            c.agentCurrent = false;
            c.phaseAt = EventQueue.NEVER;
            m.arm(c);
            m.observer.agentOffCpu(e.id, c.id, m.now);
        }
        m.armAgent(c, EventQueue.NEVER);
        e.words.free(a.thread.statusWord);
        m.forgetAgent(a.thread);
        m.ticks.update(c);
        m.kick(c);
    }

    private void killPending(SimEnclave e, Cpu c) {
        m.lateOutcomes.settle(c.id);
        if (e.table.claim(c.id, c.id)) {
            m.commits.finishNow(e, c, TransactionState.NO_AGENT);
        }
    }
}
