package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.jspecify.annotations.Nullable;

/** The mode in which the machine itself schedules the tasks of an enclave: first come, first served, in turns. */
final class InKernelFifo {
    private final Machine m;

    InKernelFifo(Machine machine) {
        m = machine;
    }

    /** The task that waits longest and may run there; else the one before goes on, if it may. */
    @Nullable Task pick(SimEnclave e, Cpu c, @Nullable Task prev) {
        Task first = first(e, c);
        if (first != null) {
            c.latchSliceNs = m.config.fifoSliceNs();
            return first;
        }
        if (prev != null && prev.allowedOn(c.id)) {
            c.sliceEnd = m.now + m.config.fifoSliceNs();
            return prev;
        }
        return null;
    }

    /** The task that waits longest and may run there. */
    @Nullable Task first(SimEnclave e, Cpu c) {
        for (Task t = e.waiting.head; t != null; t = t.next) {
            if (!t.isLatched() && t.allowedOn(c.id)) {
                return t;
            }
        }
        return null;
    }

    /** The CPU is idle now; the task that it ran may have been the only one. */
    void idle(Cpu c) {
        SimEnclave e = c.enclave;
        if (e != null && e.mode == EnclaveMode.FIFO && first(e, c) != null) {
            m.kick(c);
        }
    }

    /** A task begins to wait: an idle CPU takes it. */
    void findCpu(SimEnclave e, Task t) {
        for (int cpu = e.cpus.first(); cpu >= 0; cpu = e.cpus.next(cpu + 1)) {
            Cpu c = m.cpus[cpu];
            if (c.isIdle() && c.reschedAt == EventQueue.NEVER && t.allowedOn(cpu)) {
                m.kick(c);
                return;
            }
        }
    }

    /** The mode began: every CPU looks for work. */
    void start(SimEnclave e) {
        e.cpus.forEach(cpu -> m.kick(m.cpus[cpu]));
    }
}
