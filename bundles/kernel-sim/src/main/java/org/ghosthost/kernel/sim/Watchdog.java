package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.ghosthost.enclave.kernel.Tunable;
import org.jspecify.annotations.Nullable;

/** Destroys an enclave in which a runnable task waits for longer than {@code runnable_timeout}; as exact as a tick. */
final class Watchdog {
    private static final long NS_PER_MS = 1_000_000;

    private final Machine m;

    Watchdog(Machine machine) {
        m = machine;
    }

    /** A task begins to wait: somebody must look when it has waited too long. */
    void watch(SimEnclave e) {
        if (e.timeoutNs > 0 && !m.calls.isSet(e.watchdogCall)) {
            m.calls.set(e.watchdogCall, m.ticks.after(m.now + e.timeoutNs));
        }
    }

    void timeoutChanged(SimEnclave e) {
        e.timeoutNs = Math.multiplyExact(e.tunable(Tunable.RUNNABLE_TIMEOUT), NS_PER_MS);
        arm(e, e.members.longestWaiting());
    }

    /** A tick at which the task that waits longest could be late. */
    void check(SimEnclave e) {
        Task oldest = e.members.longestWaiting();
        if (oldest != null && e.timeoutNs > 0 && m.now - oldest.runnableSince > e.timeoutNs) {
            e.destroyFromBelow("task " + oldest.name + " (" + oldest.pid + ") was runnable for "
                    + (m.now - oldest.runnableSince) / NS_PER_MS + " ms, runnable_timeout is "
                    + e.timeoutNs / NS_PER_MS + " ms");
        } else {
            arm(e, oldest);
        }
    }

    private void arm(SimEnclave e, @Nullable Task oldest) {
        if (oldest == null || e.timeoutNs == 0 || !e.alive) {
            m.calls.set(e.watchdogCall, NEVER);
        } else {
            m.calls.set(e.watchdogCall, m.ticks.after(Math.max(m.now, oldest.runnableSince + e.timeoutNs)));
        }
    }
}
