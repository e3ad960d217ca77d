package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.MessageLayout.FLAG_FROM_SWITCHTO;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_CURRENT;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_LATCHED;

import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.MessageType;

/**
 * Makes messages. Each one counts its source's barrier up, whether it can be sent or not; it is not sent without a
 * queue, nor while the task's gate is shut; and it wakes whom its queue names.
 */
final class MessageProducer {
    private final Machine m;

    MessageProducer(Machine machine) {
        m = machine;
    }

    // ---- task messages

    void taskNew(Task t) {
        taskNew(t, t.isRunnable() ? FLAG_RUNNABLE : 0);
    }

    /** A task that departs before it was announced is announced first, so that there is something to free. */
    void taskNewNotRunnable(Task t) {
        taskNew(t, 0);
    }

    private void taskNew(Task t, int flags) {
        post(t, MessageType.TASK_NEW, flags, t.cpu, t.runtime, 0, t.nice, 0, t.parentGtid);
    }

    void taskWakeup(Task t, int lastCpu, int wakerCpu) {
        post(t, MessageType.TASK_WAKEUP, 0, t.cpu, 0, 0, lastCpu, wakerCpu, 0);
    }

    /** BLOCKED or YIELD: the task left its CPU by itself. */
    void taskStopped(Task t, Cpu c, int type) {
        edge(t, c, type, c.switchtoCount < 0 ? FLAG_FROM_SWITCHTO : 0);
    }

    /** The task lost its CPU, or its latch. */
    void taskPreempted(Task t, Cpu c, boolean wasLatched) {
        int flags = wasLatched ? FLAG_WAS_LATCHED : c.switchtoCount < 0 ? FLAG_FROM_SWITCHTO : 0;
        edge(t, c, MessageType.TASK_PREEMPT, flags);
    }

    /** The first hop of a chain; wakes nobody. */
    void taskSwitchto(Task t, Cpu c) {
        edge(t, c, MessageType.TASK_SWITCHTO, 0);
    }

    void taskDeparted(Task t, Cpu c, boolean wasCurrent) {
        int flags = wasCurrent ? FLAG_WAS_CURRENT : 0;
        if (wasCurrent && c.switchtoCount != 0) {
            flags |= FLAG_FROM_SWITCHTO;
        }
        edge(t, c, MessageType.TASK_DEPARTED, flags);
    }

    /** Whether somebody will hear of it; if not, nobody will ever free the status word. */
    boolean taskDead(Task t) {
        return post(t, MessageType.TASK_DEAD, 0, t.cpu, 0, 0, 0, 0, 0);
    }

    void taskOnCpu(Task t, Cpu c) {
        post(t, MessageType.TASK_ON_CPU, 0, c.id, t.runtime, ++c.cpuSeqnum, 0, 0, c.commitTimeNs);
    }

    void taskAffinityChanged(Task t) {
        post(t, MessageType.TASK_AFFINITY_CHANGED, 0, t.cpu, 0, 0, 0, 0, 0);
    }

    void taskPriorityChanged(Task t) {
        post(t, MessageType.TASK_PRIORITY_CHANGED, 0, t.cpu, 0, 0, t.nice, 0, 0);
    }

    private void edge(Task t, Cpu c, int type, int flags) {
        post(t, type, flags, c.id, t.runtime, ++c.cpuSeqnum, 0, 0, 0);
    }

    /** Whether the message is on its way, or was lost and will be made up for by the status words. */
    private boolean post(
            Task t, int type, int flags, int cpu, long runtime, long cpuSeqnum, int nice, int wakerCpu, long data) {
        SimEnclave e = t.enclave;
        if (e == null || t.statusWord == StatusWordTable.NONE) {
            return false;
        }
        if (t.undecided >= 0) {
            m.lateOutcomes.settle(t.undecided);
        }
        t.raiseBarrier(e);
        SimQueue q = t.queue;
        boolean mute = q == null || t.isGated();
        if (m.invariants != null) {
            m.invariants.message(t, type, flags, !mute);
        }
        if (q == null || mute) {
            return false;
        }
        boolean fitted = !m.faults.overflows() && q.ring.put(
                type, flags, t.barrier, t.gtid, cpu, t.statusWord, runtime, cpuSeqnum, nice, wakerCpu, data, m.now);
        seen(q, type, t.id, cpu, t.barrier, fitted);
        if (!fitted) {
            e.lost(t);
        }
        wake(q, type);
        return true;
    }

    // ---- CPU messages

    void cpuTick(Cpu c) {
        cpu(c, MessageType.CPU_TICK, c.agentCurrent ? FLAG_IS_AGENT : 0, 0, 0);
    }

    void cpuTimerExpired(Cpu c, long type, long cookie) {
        cpu(c, MessageType.CPU_TIMER_EXPIRED, 0, type, cookie);
    }

    void cpuNotIdle(Cpu c, long nextGtid) {
        cpu(c, MessageType.CPU_NOT_IDLE, 0, 0, nextGtid);
    }

    void cpuAvailability(Cpu c) {
        SimEnclave e = c.enclave;
        if (e != null && e.isSet(Tunable.DELIVER_CPU_AVAILABILITY)) {
            cpu(c, c.available ? MessageType.CPU_AVAILABLE : MessageType.CPU_BUSY, 0, 0, 0);
        }
    }

    void agentRunnability(Cpu c, int type) {
        SimEnclave e = c.enclave;
        if (e != null && e.isSet(Tunable.DELIVER_AGENT_RUNNABILITY)) {
            cpu(c, type, 0, 0, 0);
        }
    }

    private void cpu(Cpu c, int type, int flags, long first, long data) {
        Agent a = c.agent;
        if (a == null) {
            return;
        }
        m.agents.raiseBarrier(a);
        SimQueue q = a.queue;
        boolean fitted =
                q.ring.put(type, flags, a.thread.barrier, 0, c.id, StatusWordTable.NONE, first, 0, 0, 0, data, m.now);
        seen(q, type, -1, c.id, a.thread.barrier, fitted);
        wake(q, type);
    }

    // ---- parts

    private void seen(SimQueue q, int type, int task, int cpu, int seqnum, boolean fitted) {
        SimEnclave e = q.enclave;
        e.messages++;
        m.events++;
        if (!fitted) {
            e.overflows++;
            e.wantResync();
        }
        m.hash.add((long) type << 32 | cpu, (long) task << 32 | (seqnum & 0xffffffffL), m.now);
        m.observer.message(e.id, q.number, type, task, cpu, seqnum, fitted, m.now);
    }

    private void wake(SimQueue q, int type) {
        if (q.wakeCpu == SimQueue.POLLED) {
            q.enclave.polled();
        } else if (type != MessageType.TASK_SWITCHTO) {
            m.agents.wake(m.cpus[q.wakeCpu]);
        }
    }
}
