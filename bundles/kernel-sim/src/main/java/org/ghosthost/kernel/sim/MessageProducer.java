package org.ghosthost.kernel.sim;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.ghosthost.policy.abi.MessageLayout.CPU;
import static org.ghosthost.policy.abi.MessageLayout.CPU_SEQNUM;
import static org.ghosthost.policy.abi.MessageLayout.DATA;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_FROM_SWITCHTO;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_CURRENT;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_LATCHED;
import static org.ghosthost.policy.abi.MessageLayout.NICE;
import static org.ghosthost.policy.abi.MessageLayout.RUNTIME;
import static org.ghosthost.policy.abi.MessageLayout.TIME;
import static org.ghosthost.policy.abi.MessageLayout.WAKER_CPU;

import java.lang.foreign.MemorySegment;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.MessageType;

/**
 * Makes messages. Each one counts its source's barrier up, whether it can be sent or not; it is not sent without a
 * queue, nor while the task's gate is shut; and it wakes whom its queue names.
 */
final class MessageProducer {
    private static final long NOT_SENT = -1;

    private final Machine m;

    MessageProducer(Machine machine) {
        m = machine;
    }

    // ---- task messages

    void taskNew(Task t) {
        long at = begin(t, MessageType.TASK_NEW, t.isRunnable() ? FLAG_RUNNABLE : 0);
        if (at != NOT_SENT) {
            MemorySegment memory = ring(t);
            memory.set(JAVA_LONG, at + RUNTIME, t.runtime);
            memory.set(JAVA_INT, at + NICE, t.nice);
            memory.set(JAVA_LONG, at + DATA, t.parentGtid);
            send(t, at, t.cpu, true);
        }
    }

    /** A task that departs before it was announced is announced first, so that there is something to free. */
    void taskNewNotRunnable(Task t) {
        long at = begin(t, MessageType.TASK_NEW, 0);
        if (at != NOT_SENT) {
            MemorySegment memory = ring(t);
            memory.set(JAVA_LONG, at + RUNTIME, t.runtime);
            memory.set(JAVA_INT, at + NICE, t.nice);
            memory.set(JAVA_LONG, at + DATA, t.parentGtid);
            send(t, at, t.cpu, true);
        }
    }

    void taskWakeup(Task t, int lastCpu, int wakerCpu) {
        long at = begin(t, MessageType.TASK_WAKEUP, 0);
        if (at != NOT_SENT) {
            MemorySegment memory = ring(t);
            memory.set(JAVA_INT, at + NICE, lastCpu);
            memory.set(JAVA_INT, at + WAKER_CPU, wakerCpu);
            send(t, at, t.cpu, true);
        }
    }

    /** BLOCKED or YIELD: the task left its CPU by itself. */
    void taskStopped(Task t, Cpu c, int type) {
        long at = begin(t, type, c.switchtoCount < 0 ? FLAG_FROM_SWITCHTO : 0);
        sendEdge(t, c, at, true);
    }

    /** The task lost its CPU, or its latch. */
    void taskPreempted(Task t, Cpu c, boolean wasLatched) {
        int flags = wasLatched ? FLAG_WAS_LATCHED : c.switchtoCount < 0 ? FLAG_FROM_SWITCHTO : 0;
        long at = begin(t, MessageType.TASK_PREEMPT, flags);
        sendEdge(t, c, at, true);
    }

    /** The first hop of a chain; wakes nobody. */
    void taskSwitchto(Task t, Cpu c) {
        long at = begin(t, MessageType.TASK_SWITCHTO, 0);
        sendEdge(t, c, at, false);
    }

    void taskDeparted(Task t, Cpu c, boolean wasCurrent) {
        int flags = wasCurrent ? FLAG_WAS_CURRENT : 0;
        if (wasCurrent && c.switchtoCount != 0) {
            flags |= FLAG_FROM_SWITCHTO;
        }
        long at = begin(t, MessageType.TASK_DEPARTED, flags);
        sendEdge(t, c, at, true);
    }

    /** Whether the message is on its way; if not, nobody will ever free the status word. */
    boolean taskDead(Task t) {
        long at = begin(t, MessageType.TASK_DEAD, 0);
        if (at != NOT_SENT) {
            send(t, at, t.cpu, true);
        }
        return at != NOT_SENT || overflowed;
    }

    void taskOnCpu(Task t, Cpu c) {
        long at = begin(t, MessageType.TASK_ON_CPU, 0);
        if (at != NOT_SENT) {
            ring(t).set(JAVA_LONG, at + DATA, c.commitTimeNs);
        }
        sendEdge(t, c, at, true);
    }

    void taskAffinityChanged(Task t) {
        long at = begin(t, MessageType.TASK_AFFINITY_CHANGED, 0);
        if (at != NOT_SENT) {
            send(t, at, t.cpu, true);
        }
    }

    void taskPriorityChanged(Task t) {
        long at = begin(t, MessageType.TASK_PRIORITY_CHANGED, 0);
        if (at != NOT_SENT) {
            ring(t).set(JAVA_INT, at + NICE, t.nice);
            send(t, at, t.cpu, true);
        }
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
        long at = q.ring.begin(type, flags, a.barrier, 0, StatusWordTable.NONE);
        seen(q, type, -1, c.id, a.barrier, at != NOT_SENT);
        if (at != NOT_SENT) {
            MemorySegment memory = q.ring.memory();
            memory.set(JAVA_LONG, at + RUNTIME, first);
            memory.set(JAVA_LONG, at + DATA, data);
            memory.set(JAVA_INT, at + CPU, c.id);
            memory.set(JAVA_LONG, at + TIME, m.now);
            q.ring.publish();
        }
        wake(q);
    }

    // ---- parts

    private boolean overflowed;

    /** Counts the barrier up and begins a message; {@link #NOT_SENT} if there is nobody to send it to. */
    private long begin(Task t, int type, int flags) {
        overflowed = false;
        SimEnclave e = t.enclave;
        if (e == null || t.statusWord == StatusWordTable.NONE) {
            return NOT_SENT;
        }
        if (t.undecided >= 0) {
            m.lateOutcomes.settle(t.undecided);
        }
        e.words.barrier(t.statusWord, ++t.barrier);
        SimQueue q = t.queue;
        boolean mute = q == null || t.isGated();
        if (m.invariants != null) {
            m.invariants.message(t, type, flags, !mute);
        }
        if (q == null || mute) {
            return NOT_SENT;
        }
        long at = m.faults.overflows() ? NOT_SENT : q.ring.begin(type, flags, t.barrier, t.gtid, t.statusWord);
        seen(q, type, t.id, t.cpu, t.barrier, at != NOT_SENT);
        if (at == NOT_SENT) {
            overflowed = true;
            e.lost(t);
            wake(q);
        }
        return at;
    }

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

    private void sendEdge(Task t, Cpu c, long at, boolean wake) {
        long seqnum = ++c.cpuSeqnum;
        if (at != NOT_SENT) {
            MemorySegment memory = ring(t);
            memory.set(JAVA_LONG, at + RUNTIME, t.runtime);
            memory.set(JAVA_LONG, at + CPU_SEQNUM, seqnum);
            send(t, at, c.id, wake);
        }
    }

    private void send(Task t, long at, int cpu, boolean wake) {
        SimQueue q = queue(t);
        MemorySegment memory = q.ring.memory();
        memory.set(JAVA_INT, at + CPU, cpu);
        memory.set(JAVA_LONG, at + TIME, m.now);
        q.ring.publish();
        if (wake) {
            wake(q);
        } else if (q.wakeCpu == SimQueue.POLLED) {
            q.enclave.polled();
        }
    }

    private void wake(SimQueue q) {
        if (q.wakeCpu == SimQueue.POLLED) {
            q.enclave.polled();
        } else {
            m.agents.wake(m.cpus[q.wakeCpu]);
        }
    }

    private static MemorySegment ring(Task t) {
        return queue(t).ring.memory();
    }

    private static SimQueue queue(Task t) {
        SimQueue q = t.queue;
        if (q == null) {
            throw new IllegalStateException("task " + t + " has no queue");
        }
        return q;
    }
}
