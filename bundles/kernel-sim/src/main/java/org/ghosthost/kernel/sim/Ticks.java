package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.ghosthost.enclave.kernel.Tunable;

/** The timer tick. It costs nothing while nobody wants it: a CPU's tick is armed only when it would do something. */
final class Ticks {
    private final Machine m;
    private final long periodNs;

    Ticks(Machine machine) {
        m = machine;
        periodNs = 1_000_000_000L / machine.config.tickHz();
    }

    /** The first tick after {@code time}. */
    long after(long time) {
        return (time / periodNs + 1) * periodNs;
    }

    /** What the CPU does changed: arms or disarms its tick. */
    void update(Cpu c) {
        SimEnclave e = c.enclave;
        boolean wanted = (e != null && e.wantsTicks && wants(e, c)) || (c.agentCurrent && c.isLatched());
        m.armTick(c, wanted ? after(m.now) : NEVER);
    }

    private static boolean wants(SimEnclave e, Cpu c) {
        return e.isSet(Tunable.COMMIT_AT_TICK) || (e.isSet(Tunable.DELIVER_TICKS) && ghostHasIt(c));
    }

    private static boolean ghostHasIt(Cpu c) {
        Task current = c.current;
        return c.agentCurrent || (current != null && current.isGhost());
    }

    void tick(Cpu c) {
        SimEnclave e = c.enclave;
        if (e != null) {
            m.charge(c);
            if (e.isSet(Tunable.COMMIT_AT_TICK)) {
                commitAtTick(e, c);
            }
            if (c.agentCurrent && c.isLatched()) {
                m.scheduler.cancelLatch(c);
            }
            if (e.isSet(Tunable.DELIVER_TICKS) && ghostHasIt(c)) {
                m.messages.cpuTick(c);
            }
        }
        update(c);
    }

    private void commitAtTick(SimEnclave e, Cpu c) {
        m.commits.commitGreedy(c);
        for (int cpu = e.cpus.first(); cpu >= 0; cpu = e.cpus.next(cpu + 1)) {
            if (cpu != c.id && e.hasReady(cpu)) {
                m.cpus[cpu].commitPending = true;
                m.kick(m.cpus[cpu]);
            }
        }
    }
}
