package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;
import static org.ghosthost.policy.TransactionFlags.DEFER_LATCHED_PREEMPTION_BY_AGENT;
import static org.ghosthost.policy.TransactionFlags.ELIDE_PREEMPT;
import static org.ghosthost.policy.TransactionFlags.NEED_CPU_NOT_IDLE;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_BLOCKED;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_IDLE;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_PREEMPT;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_YIELD;
import static org.ghosthost.policy.TransactionFlags.SEND_TASK_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.policy.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * What a CPU does in {@code schedule()}, in the order of ghOSt's kernel: messages of the task that stopped, then the
 * agent, then the other classes, then the ghost class, then the switch. Real time tasks come before the agent.
 */
final class CpuScheduler {
    private final Machine m;

    // Scratch of the schedule() that is running; it is never entered twice.

    /** The task before was put off without a word so far: tell. */
    private boolean checkPrev;
    /** The task before may go on if nothing better turns up. */
    private boolean mayGoOn;
    private boolean nextAgent;
    /** Why the task before stops, for the observer. */
    private int reason;

    CpuScheduler(Machine machine) {
        m = machine;
    }

    void schedule(Cpu c) {
        Task prev = c.current;
        m.charge(c);
        prologue(c, prev);
        Task next = null;
        if (c.rt.isEmpty()) {
            pickAgent(c, prev);
        }
        if (!nextAgent) {
            next = m.foreign.pick(c);
            if (next == null) {
                next = pickGhost(c, prev);
            }
            if (next == null && !nextAgent) {
                next = m.foreign.pull(c);
            }
        }
        c.reschedAt = NEVER;
        if (prev != null && prev == next) {
            goOn(c, prev);
        } else {
            switchTo(c, prev, next);
        }
        c.switchtoCount = 0;
        if (next == null && !nextAgent) {
            m.inKernel.idle(c);
        }
        m.ticks.update(c);
        m.arm(c);
    }

    /** Voluntary messages of the task that stops. */
    private void prologue(Cpu c, @Nullable Task prev) {
        c.switchtoCount = -c.switchtoCount;
        nextAgent = false;
        checkPrev = false;
        mayGoOn = false;
        reason = prev == null ? 0 : reason(prev);
        if (prev != null && prev.isGhost()) {
            if (prev.newTask) {
                prev.newTask = false;
                prev.blockedTask = false;
                prev.yieldTask = false;
                m.messages.taskNew(prev);
                c.mustResched = true;
            } else if (prev.yieldTask) {
                prev.yieldTask = false;
                m.messages.taskStopped(prev, c, MessageType.TASK_YIELD);
                returnToAgent(c, RTLA_ON_YIELD);
            } else if (prev.blockedTask) {
                prev.blockedTask = false;
                m.messages.taskStopped(prev, c, MessageType.TASK_BLOCKED);
                returnToAgent(c, RTLA_ON_BLOCKED);
            } else if (prev.exiting) {
                returnToAgent(c, RTLA_ON_BLOCKED);
            } else if (prev.state == Task.RUNNING) {
                checkPrev = !c.ignorePrevPreemption;
                mayGoOn = checkPrev;
            }
        } else if (prev != null && prev.state == Task.RUNNING) {
            m.foreign.putBack(prev, c);
        }
        c.ignorePrevPreemption = false;
        setAvailable(c, !c.othersWait());
    }

    private static int reason(Task prev) {
        if (prev.state != Task.RUNNING) {
            return prev.exiting ? MachineObserver.EXITED : MachineObserver.BLOCKED;
        }
        return prev.yieldTask ? MachineObserver.YIELDED : MachineObserver.PREEMPTED;
    }

    private void pickAgent(Cpu c, @Nullable Task prev) {
        Agent a = c.agent;
        boolean others = c.othersWait();
        nextAgent = a != null && canRun(a);
        if (!nextAgent && !others) {
            return;
        }
        if (checkPrev && prev != null) {
            checkPrev = false;
            mayGoOn = false;
            preempted(c, prev);
        }
        if (c.isLatched() && (others || (c.runFlags & DEFER_LATCHED_PREEMPTION_BY_AGENT) == 0)) {
            cancelLatch(c);
        }
        nextAgent = a != null && canRun(a); // the messages may have woken it
    }

    /** Takes the reasons to wake into account. */
    private static boolean canRun(Agent a) {
        if (a.shouldWake) {
            a.shouldWake = false;
            a.blockedInRun = false;
        }
        return !a.blockedInRun && !a.stalled;
    }

    private @Nullable Task pickGhost(Cpu c, @Nullable Task prev) {
        SimEnclave e = c.enclave;
        if (e == null) {
            return null;
        }
        Task next = null;
        if (c.agent != null || e.mode != EnclaveMode.AGENTS) {
            next = latchedOrPrev(c, e, prev);
            if (next == null && e.mode.isInKernel() && !nextAgent) {
                next = m.inKernel.pick(e, c, mayGoOn && c.switchtoCount == 0 ? prev : null);
            }
        }
        if (next == null && !nextAgent) {
            next = m.mischief.bypass(e, c);
        }
        c.mustResched = false;
        return next;
    }

    private @Nullable Task latchedOrPrev(Cpu c, SimEnclave e, @Nullable Task prev) {
        if (!c.isLatched()) {
            m.commits.commitAtSchedule(e, c);
        }
        if (c.switchtoCount < 0) {
            c.mustResched = true;
        } else if ((c.runFlags & ELIDE_PREEMPT) != 0) {
            checkPrev = false;
            c.runFlags &= ~ELIDE_PREEMPT;
        }
        if (c.isLatched()) {
            Task latched = c.latched;
            boolean poisoned = c.poisoned;
            if (latched != null && !poisoned) {
                unlatch(c);
                return latched;
            }
            dropLatch(c);
            if (!poisoned) {
                return null; // the idle latch
            }
            c.mustResched = true;
        }
        if (mayGoOn && !c.mustResched) {
            return prev;
        }
        Agent a = c.agent;
        if (a != null && (c.runFlags & RTLA_ON_IDLE) != 0) {
            c.runFlags &= ~RTLA_ON_IDLE;
            m.agents.raiseBarrier(a);
            a.blockedInRun = false;
            nextAgent = !a.stalled;
        }
        return null;
    }

    // ---- switch

    private void goOn(Cpu c, Task task) {
        if (!task.isGhost()) {
            if (c.isLatched()) { // it was a ghost task a moment ago
                cancelLatch(c);
            }
            setAvailable(c, false);
            task.state = Task.RUNNING;
            task.cpu = c.id; // it may have been in the queue of another one in between
            c.sliceEnd = m.foreign.sliceEnd(c, task);
        }
        setPhase(c, task);
    }

    private void switchTo(Cpu c, @Nullable Task prev, @Nullable Task next) {
        boolean toForeign = next != null && !next.isGhost();
        setAvailable(c, !toForeign && !c.othersWait());
        if (next != null && toForeign && (c.runFlags & NEED_CPU_NOT_IDLE) != 0) {
            c.runFlags &= ~NEED_CPU_NOT_IDLE;
            m.messages.cpuNotIdle(c, next.gtid);
        }
        if (prev != null) {
            switchOut(c, prev);
        }
        if (c.agentCurrent && !nextAgent) {
            m.agents.off(c);
        }
        if (toForeign && c.isLatched()) {
            cancelLatch(c);
        }
        c.current = null;
        c.phaseAt = c.agentCurrent ? c.phaseAt : NEVER;
        c.sliceEnd = NEVER;
        Agent a = c.agent;
        if (nextAgent && a != null) {
            m.agents.on(c, a);
        } else if (next != null) {
            switchIn(c, next);
        }
        m.hash.add(c.id, nextAgent ? -2 : next == null ? -1 : next.id, m.now);
        if (prev != null && prev.exiting) {
            m.life.dead(prev);
        }
    }

    private void switchOut(Cpu c, Task prev) {
        if (prev.isGhost()) {
            if (prev.state == Task.RUNNING) {
                prev.state = Task.READY;
                m.ghost.waits(prev);
            }
            if (checkPrev) {
                checkPrev = false;
                preempted(c, prev);
            }
            prev.enclave().words.runtime(prev.statusWord, prev.runtime);
            prev.markOffCpu();
        }
        prev.onCpu = Task.NO_CPU;
        m.observer.offCpu(prev.id, c.id, reason, m.now);
    }

    void switchIn(Cpu c, Task next) {
        long overhead = m.costs.switchFull();
        if (next.isGhost()) {
            m.ghost.runs(next);
            if (c.latchCostNs >= 0) {
                overhead = c.latchCostNs;
                c.latchCostNs = -1;
            }
            if ((c.runFlags & SEND_TASK_ON_CPU) != 0) {
                c.runFlags &= ~SEND_TASK_ON_CPU;
                m.messages.taskOnCpu(next, c);
            }
        }
        place(c, next, overhead);
    }

    /** Makes the task the one that runs, as soon as the overhead is paid. */
    void place(Cpu c, Task next, long overhead) {
        if (next.cpu != c.id || next.ranOn != c.id) {
            if (next.ranOn >= 0 && next.ranOn != c.id) {
                m.observer.migrated(next.id, next.ranOn, c.id, m.now);
            }
            next.cpu = c.id;
            next.ranOn = c.id;
        }
        next.state = Task.RUNNING;
        next.onCpu = c.id;
        next.chargedAt = m.now;
        next.userFrom = m.now + overhead;
        c.current = next;
        SimEnclave e = next.enclave;
        if (e != null) {
            e.words.onCpu(next.statusWord, e.id, c.id, m.now);
            next.setWordFlags(next.wordFlags | FLAG_ON_CPU);
            c.sliceEnd = c.latchSliceNs > 0 ? next.userFrom + c.latchSliceNs : NEVER;
            c.latchSliceNs = 0;
        } else {
            c.sliceEnd = m.foreign.sliceEnd(c, next);
        }
        if (m.invariants != null) {
            m.invariants.switchedIn(c, next);
        }
        m.observer.onCpu(next.id, c.id, m.now);
        setPhase(c, next);
    }

    /** Computes when something happens to the task that runs. */
    void setPhase(Cpu c, Task task) {
        long at = switch (task.step) {
            case Task.STEP_DONE -> task.userFrom;
            case Task.STEP_RUN -> task.userFrom + task.remaining;
            default -> NEVER;
        };
        c.phaseAt = Math.min(at < 0 ? NEVER : at, c.sliceEnd);
    }

    // ---- parts

    private void preempted(Cpu c, Task task) {
        m.messages.taskPreempted(task, c, false);
        returnToAgent(c, RTLA_ON_PREEMPT);
    }

    /** Takes the latch away and tells the task's queue; an idle latch goes silently. */
    void cancelLatch(Cpu c) {
        Task latched = c.latched;
        int flags = c.runFlags;
        boolean silent = c.poisoned;
        dropLatch(c);
        if (latched != null && !silent) {
            if ((flags & SEND_TASK_ON_CPU) != 0) {
                m.messages.taskOnCpu(latched, c);
            }
            m.messages.taskPreempted(latched, c, true);
            returnToAgent(c, RTLA_ON_PREEMPT);
        }
    }

    /** Takes the latch away without a word. */
    void dropLatch(Cpu c) {
        unlatch(c);
        c.poisoned = false;
        c.latchCostNs = -1;
        c.latchSliceNs = 0;
        c.runFlags &= ~(ELIDE_PREEMPT | SEND_TASK_ON_CPU);
    }

    private static void unlatch(Cpu c) {
        Task latched = c.latched;
        if (latched != null) {
            latched.latchedOn = Task.NO_CPU;
        }
        c.latched = null;
        c.latchedIdle = false;
    }

    private void returnToAgent(Cpu c, int flag) {
        if ((c.runFlags & flag) != 0) {
            m.agents.wake(c);
        }
    }

    private void setAvailable(Cpu c, boolean available) {
        if (available != c.available) {
            c.available = available;
            if (m.invariants != null) {
                m.invariants.availability(c, available);
            }
            Agent a = c.agent;
            if (a != null) {
                m.agents.markAvailable(a);
                m.messages.cpuAvailability(c);
            }
        }
    }
}
