package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.workload.SchedulingClass;

/** Tasks of the ghost class: how they enter, wait, run, wake, leave and end. */
final class GhostClass {
    private final Machine m;

    GhostClass(Machine machine) {
        m = machine;
    }

    // ---- waiting for a CPU

    /** The task is runnable and has no CPU from now on. */
    void waits(Task t) {
        SimEnclave e = t.enclave();
        t.runnableSince = m.now;
        e.words.runnableSince(t.statusWord, m.now);
        m.watchdog.watch(e);
        if (e.keepsWaiting) {
            e.waiting.addLast(t);
            if (e.mode.isInKernel()) {
                m.inKernel.begins(e, t);
            }
        }
    }

    /** The task gets a CPU, or stops waiting for one. */
    void runs(Task t) {
        if (t.list != null) {
            t.list.remove(t);
        }
    }

    /** Moves a task to the run queue of another CPU: its wait counts anew. */
    void move(Task t, Cpu to) {
        if (t.cpu != to.id) {
            t.cpu = to.id;
            if (t.state == Task.READY) {
                runs(t);
                waits(t);
            }
        }
    }

    // ---- edges

    /** A new task is runnable for the first time. */
    void announce(Task t) {
        t.markRunnable(true);
        waits(t);
        m.messages.taskNew(t);
    }

    void wakeup(Task t, int wakerCpu) {
        SimEnclave e = t.enclave();
        int last = t.cpu;
        if (e.isSet(Tunable.WAKE_ON_WAKER_CPU)) {
            t.cpu = wakerCpu;
        }
        t.markRunnable(true);
        waits(t);
        m.messages.taskWakeup(t, last, wakerCpu);
    }

    /** Called when the task has an enclave and a status word. */
    void entered(Task t) {
        t.schedulingClass = SchedulingClass.GHOST;
        if (t.state == Task.RUNNING) {
            t.newTask = true;
            t.setWordFlags(t.wordFlags | StatusWordLayout.FLAG_ON_CPU | StatusWordLayout.FLAG_RUNNABLE);
            forceOff(t);
        } else {
            if (t.state == Task.READY) {
                t.markRunnable(true);
                waits(t);
            }
            m.messages.taskNew(t);
        }
    }

    /** Puts a running task off its CPU as soon as may be; the policy hears of it. */
    void forceOff(Task t) {
        if (t.isOnCpu()) {
            Cpu c = m.cpus[t.onCpu];
            c.mustResched = true;
            m.kick(c);
        }
    }

    /** Takes the task out of the enclave alive; it is in no class afterwards. */
    void depart(Task t) {
        SimEnclave e = t.enclave();
        if (t.isLatched()) {
            m.scheduler.dropLatch(m.cpus[t.latchedOn]);
        }
        runs(t);
        if (t.newTask) {
            t.newTask = false;
            m.messages.taskNewNotRunnable(t);
        }
        t.yieldTask = false;
        t.blockedTask = false;
        Cpu on = t.isOnCpu() ? m.cpus[t.onCpu] : null;
        boolean gatedAlready = t.isGated();
        if (on != null) {
            m.charge(on);
            e.words.runtime(t.statusWord, t.runtime);
        }
        t.setWordFlags(t.wordFlags | StatusWordLayout.FLAG_CAN_FREE | StatusWordLayout.FLAG_GATED);
        m.messages.taskDeparted(t, on != null ? on : m.cpus[t.cpu], on != null);
        boolean heard = t.queue != null && !gatedAlready;
        e.members.departed(t, heard);
        if (on != null) {
            m.kick(on);
        }
    }

    /** The task is dead and off its CPU. */
    void died(Task t) {
        SimEnclave e = t.enclave;
        if (e == null) {
            return;
        }
        t.setWordFlags(t.wordFlags | StatusWordLayout.FLAG_CAN_FREE);
        boolean heard = m.messages.taskDead(t);
        e.members.died(t, heard);
    }
}
