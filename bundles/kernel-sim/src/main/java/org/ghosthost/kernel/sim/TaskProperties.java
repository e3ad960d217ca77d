package org.ghosthost.kernel.sim;

import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.jspecify.annotations.Nullable;

/** Changes of a task's nice value, CPUs and class. A running ghost task is told of, and then forced off its CPU. */
final class TaskProperties {
    private final Machine m;

    TaskProperties(Machine machine) {
        m = machine;
    }

    void setNice(@Nullable Task t, int nice) {
        if (nice < -20 || nice > 19) {
            throw new IllegalArgumentException("nice must be -20 to 19: " + nice);
        }
        if (t == null || t.nice == nice) {
            return;
        }
        t.nice = nice;
        SimEnclave e = t.enclave;
        if (e != null) {
            e.words.nice(t.statusWord, nice);
            if (!t.newTask) {
                chargeIfOnCpu(t);
                m.messages.taskPriorityChanged(t);
                m.ghost.forceOff(t);
            }
        }
    }

    void setAffinity(@Nullable Task t, CpuSet cpus) {
        if (t == null) {
            return;
        }
        if (!cpus.intersects(m.config.topology().allCpus())) {
            throw new IllegalArgumentException("none of the CPUs exists: " + cpus);
        }
        t.affinity = cpus.copy();
        if (t.enclave != null) {
            ghostAffinity(t);
        } else {
            foreignAffinity(t);
        }
    }

    private void ghostAffinity(Task t) {
        if (!t.newTask) {
            chargeIfOnCpu(t);
            m.messages.taskAffinityChanged(t);
        }
        if (t.isOnCpu()) {
            m.ghost.forceOff(t);
        } else if (t.isLatched() && !t.allowedOn(t.latchedOn)) {
            m.scheduler.cancelLatch(m.cpus[t.latchedOn]);
        }
        if (!t.allowedOn(t.cpu) && !t.isOnCpu()) {
            m.ghost.move(t, m.cpus[m.foreign.firstAllowed(t)]);
        }
    }

    private void foreignAffinity(Task t) {
        if (t.isOnCpu()) {
            if (!t.allowedOn(t.onCpu)) {
                m.kick(m.cpus[t.onCpu]);
            }
        } else if (t.state == Task.READY && !t.allowedOn(t.cpu)) {
            m.foreign.remove(t);
            m.foreign.enqueue(t);
        }
    }

    /** {@code sched_setscheduler}. */
    void setSchedulingClass(Task t, SchedulingClass to) {
        if (t.schedulingClass == to) {
            return;
        }
        if (to == SchedulingClass.GHOST) {
            SimEnclave home = t.process.home;
            if (home != null) {
                home.members.enter(t);
            }
        } else if (t.isGhost()) {
            m.ghost.depart(t);
            moveToForeign(t, to);
        } else {
            t.schedulingClass = to;
            if (t.list != null) {
                m.foreign.remove(t);
                m.foreign.enqueue(t);
            } else if (t.isOnCpu()) {
                m.kick(m.cpus[t.onCpu]);
            }
            m.observer.classChanged(t.id, to, 0, m.now);
        }
    }

    /** A task that just left the ghost class. */
    void moveToForeign(Task t, SchedulingClass to) {
        t.schedulingClass = to;
        m.observer.classChanged(t.id, to, 0, m.now);
        if (t.state == Task.READY) {
            m.foreign.enqueue(t);
        }
    }

    private void chargeIfOnCpu(Task t) {
        if (t.isOnCpu()) {
            m.charge(m.cpus[t.onCpu]);
        }
    }
}
