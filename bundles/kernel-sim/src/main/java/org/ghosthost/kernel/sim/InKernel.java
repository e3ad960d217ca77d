package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.policy.NiceWeight;
import org.jspecify.annotations.Nullable;

/**
 * The modes in which the machine itself schedules the tasks of an enclave, in turns: first come, first served, or who
 * had least weighted CPU time first. A task that slept is at most one slice ahead of the others.
 */
final class InKernel {
    private final Machine m;

    InKernel(Machine machine) {
        m = machine;
    }

    /** The task that is to run next; the one before competes, if it may run there. */
    @Nullable Task pick(SimEnclave e, Cpu c, @Nullable Task prev) {
        Task next = e.mode == EnclaveMode.FIFO ? first(e, c) : least(e, c);
        Task stays = prev != null && prev.allowedOn(c.id) ? prev : null;
        if (stays != null && e.mode == EnclaveMode.VRUNTIME) {
            m.charge(c);
            charge(stays);
            next = next == null || stays.vruntime < next.vruntime ? null : next;
        }
        if (next != null) {
            c.latchSliceNs = e.inKernelSliceNs;
        } else if (stays != null) {
            c.sliceEnd = m.now + e.inKernelSliceNs;
            next = stays;
        }
        if (next != null) {
            e.vruntime = Math.max(e.vruntime, next.vruntime);
        }
        return next;
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

    private @Nullable Task least(SimEnclave e, Cpu c) {
        Task least = null;
        for (Task t = e.waiting.head; t != null; t = t.next) {
            if (!t.isLatched() && t.allowedOn(c.id) && (least == null || t.vruntime < least.vruntime)) {
                least = t;
            }
        }
        return least;
    }

    /** The CPU is idle now; the task that it ran may have been the only one. */
    void idle(Cpu c) {
        SimEnclave e = c.enclave;
        if (e != null && e.mode.isInKernel() && first(e, c) != null) {
            m.kick(c);
        }
    }

    /** A task begins to wait: an idle CPU takes it. */
    void begins(SimEnclave e, Task t) {
        place(e, t);
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
        for (Task t = e.waiting.head; t != null; t = t.next) {
            place(e, t);
        }
        e.cpus.forEach(cpu -> m.kick(m.cpus[cpu]));
    }

    // ---- virtual runtime

    private static void place(SimEnclave e, Task t) {
        charge(t);
        t.vruntime = Math.max(t.vruntime, e.vruntime - e.inKernelSliceNs);
    }

    private static void charge(Task t) {
        t.vruntime += (t.runtime - t.vruntimeChargedTo) * NiceWeight.NICE_0 / NiceWeight.of(t.nice);
        t.vruntimeChargedTo = t.runtime;
    }
}
