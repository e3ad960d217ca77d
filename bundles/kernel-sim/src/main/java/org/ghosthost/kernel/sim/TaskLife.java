package org.ghosthost.kernel.sim;

import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkloadException;

/** What a task does: its steps, from its start to its end, and how it is woken. */
final class TaskLife {
    /** Steps of no length in a row before the machine says that a program hangs. */
    private static final int MAX_EMPTY_STEPS = 100_000;
    private static final int MAX_COMPLAINTS = 100;

    private final Machine m;

    TaskLife(Machine machine) {
        m = machine;
    }

    // ---- birth

    /** Makes a task that becomes runnable at its start time. */
    Task create(SimProcess process, TaskSpec spec, long parentGtid) {
        Task t = m.newTask(process, spec, parentGtid);
        t.startedNs = m.now + spec.startNs();
        t.cpu = m.foreign.firstAllowed(t);
        m.prioTables.add(t, spec.hint());
        m.observer.taskCreated(t.id, t.gtid, process.tgid, t.name, m.now);
        m.armTask(t, t.startedNs);
        return t;
    }

    int fork(Task parent, TaskSpec spec) {
        Task child = create(parent.process, spec, parent.gtid);
        child.bornInto = parent.enclave;
        return child.id;
    }

    /** Its time has come: the start, or the end of a sleep. */
    void timer(Task t) {
        m.here = t.cpu;
        if (t.state == Task.BORN) {
            start(t);
        } else if (t.state == Task.BLOCKED) {
            makeRunnable(t, t.cpu);
        }
    }

    private void start(Task t) {
        if (t.enclave != null) { // somebody has brought it in before it ran
            makeRunnable(t, t.cpu);
            return;
        }
        SimEnclave home = t.bornInto != null ? t.bornInto : t.process.home;
        if (t.isGhost() && (home == null || !home.members.admit(t))) {
            t.schedulingClass = SchedulingClass.FAIR;
        }
        t.state = Task.READY;
        m.observer.wakeup(t.id, t.cpu, m.now);
        if (t.isGhost()) {
            m.ghost.announce(t);
        } else {
            m.foreign.enqueue(t);
        }
    }

    // ---- steps

    /** The step of the task on this CPU has ended: asks the program until a step takes time or gives the CPU up. */
    void advance(Cpu c, Task t) {
        TaskProgram program = t.program;
        if (program == null) {
            throw new IllegalStateException("agents have no program: " + t);
        }
        try {
            for (int i = 0; i < MAX_EMPTY_STEPS; i++) {
                if (perform(c, t, program.next(t))) {
                    return;
                }
            }
            complain(t, "it made " + MAX_EMPTY_STEPS + " steps of no length");
        } catch (WorkloadException e) {
            complain(t, String.valueOf(e.getMessage()));
        }
        exit(c, t);
    }

    /** A program that cannot go on costs its task, not the machine. */
    private void complain(Task t, String what) {
        if (m.complaints.size() < MAX_COMPLAINTS) {
            m.complaints.add("task " + t.name + " was ended at " + m.now + " ns: " + what);
        }
    }

    /** Whether the step is more than nothing. */
    private boolean perform(Cpu c, Task t, Step step) {
        return switch (step) {
            case RUN -> work(c, t, t.argument);
            case SPIN -> spin(c, t);
            case SLEEP -> sleep(c, t);
            case BLOCK -> !takePendingWake(t) && block(c, t, true);
            case YIELD -> yieldCpu(c, t);
            case SWITCH_TO -> m.switchto.perform(c, t, (int) t.argument);
            case EXIT -> exit(c, t);
        };
    }

    private boolean work(Cpu c, Task t, long ns) {
        if (ns == 0) {
            return false;
        }
        t.step = Task.STEP_RUN;
        t.remaining = ns;
        goOn(c, t);
        return true;
    }

    private boolean spin(Cpu c, Task t) {
        if (takePendingWake(t)) {
            return false;
        }
        t.step = Task.STEP_SPIN;
        goOn(c, t);
        return true;
    }

    private boolean sleep(Cpu c, Task t) {
        if (t.argument <= m.now) {
            return work(c, t, m.costs.syscall());
        }
        m.armTask(t, t.argument);
        return block(c, t, false);
    }

    private void goOn(Cpu c, Task t) {
        m.scheduler.setPhase(c, t);
        m.arm(c);
    }

    static boolean takePendingWake(Task t) {
        boolean pending = t.wakePending;
        t.wakePending = false;
        return pending;
    }

    boolean block(Cpu c, Task t, boolean wakeable) {
        t.wakeable = wakeable;
        leave(c, t);
        return true;
    }

    private void leave(Cpu c, Task t) {
        t.step = Task.STEP_DONE;
        t.state = Task.BLOCKED;
        if (t.isGhost()) {
            t.blockedTask = !t.exiting || m.config.profile() == Profile.GHOST;
            t.markRunnable(false);
        }
        m.scheduler.schedule(c);
    }

    private boolean yieldCpu(Cpu c, Task t) {
        t.step = Task.STEP_DONE;
        t.yieldTask = true;
        c.mustResched = true;
        m.scheduler.schedule(c);
        return true;
    }

    private boolean exit(Cpu c, Task t) {
        t.jobEnd();
        t.exiting = true;
        leave(c, t);
        return true;
    }

    /** The last context switch is over. */
    void dead(Task t) {
        t.exiting = false;
        t.state = Task.DEAD;
        m.ghost.died(t);
        m.prioTables.remove(t);
        m.observer.taskExited(t.id, m.now);
        m.forget(t);
    }

    // ---- wake-ups

    /** {@code TaskContext.wake}, or somebody from outside with the CPU that he interrupts. */
    void wake(int id, int wakerCpu) {
        Task t = m.taskOrNull(id);
        if (t == null || t.state == Task.DEAD || t.exiting) {
            return;
        }
        if (t.step == Task.STEP_SPIN) {
            endSpin(t);
        } else if (t.state == Task.BLOCKED && t.wakeable) {
            makeRunnable(t, wakerCpu);
        } else {
            t.wakePending = true;
        }
    }

    private void endSpin(Task t) {
        t.step = Task.STEP_DONE;
        if (t.isOnCpu()) {
            t.userFrom = Math.max(t.userFrom, m.now);
            goOn(m.cpus[t.onCpu], t);
        }
    }

    void makeRunnable(Task t, int wakerCpu) {
        t.wakeable = false;
        t.state = Task.READY;
        m.observer.wakeup(t.id, wakerCpu, m.now);
        if (t.isGhost()) {
            m.ghost.wakeup(t, wakerCpu);
        } else {
            m.foreign.enqueue(t);
        }
    }
}
