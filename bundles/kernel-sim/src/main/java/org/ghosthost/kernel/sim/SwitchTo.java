package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import org.ghosthost.enclave.kernel.Tunable;

/**
 * Switchto: a task hands its CPU and its time to a blocked one. Only the first hop of a chain is told, and wakes
 * nobody; the end of the chain is told by the message of its last task.
 */
final class SwitchTo {
    private final Machine m;

    SwitchTo(Machine machine) {
        m = machine;
    }

    boolean perform(Cpu c, Task from, int id) {
        Task to = m.taskOrNull(id);
        if (to == null || !fits(c, from, to)) {
            m.life.wake(id, c.id);
            return !TaskLife.takePendingWake(from) && m.life.block(c, from, true);
        }
        if (TaskLife.takePendingWake(from)) {
            m.life.wake(id, c.id);
            return false;
        }
        hop(c, from, to);
        return true;
    }

    private boolean fits(Cpu c, Task from, Task to) {
        SimEnclave e = from.enclave;
        return m.config.profile() == Profile.GHOST
                && e != null
                && e == c.enclave
                && c.agent != null
                && to.enclave == e
                && !e.isSet(Tunable.SWITCHTO_DISABLED)
                && !from.newTask
                && to.state == Task.BLOCKED
                && to.wakeable
                && !c.mustResched
                && to.allowedOn(c.id);
    }

    private void hop(Cpu c, Task from, Task to) {
        m.charge(c);
        from.step = Task.STEP_DONE;
        from.state = Task.BLOCKED;
        from.wakeable = true;
        from.markRunnable(false);
        if (c.switchtoCount == 0) {
            m.messages.taskSwitchto(from, c);
        }
        from.enclave().words.runtime(from.statusWord, from.runtime);
        from.markOffCpu();
        from.onCpu = Task.NO_CPU;
        m.observer.offCpu(from.id, c.id, MachineObserver.SWITCHED_TO, m.now);
        c.switchtoCount++;
        to.wakeable = false;
        to.setWordFlags(to.wordFlags | FLAG_RUNNABLE | FLAG_ON_CPU);
        m.observer.wakeup(to.id, c.id, m.now);
        long sliceEnd = c.sliceEnd;
        m.scheduler.place(c, to, m.costs.switchMinimal());
        c.sliceEnd = sliceEnd;
        m.scheduler.setPhase(c, to);
        m.arm(c);
    }
}
