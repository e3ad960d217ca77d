package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.jspecify.annotations.Nullable;

/**
 * What sched_ext does to an enclave behind its agents' back, by the seed: runs a task without a commit, puts one off
 * its CPU, wants the status words to be read again, wakes an agent late, loses the attachment.
 */
final class Mischief {
    private static final int SHORTEST_PAUSE_NS = 20_000;
    private static final int LONGEST_PAUSE_NS = 500_000;
    private static final long SHORTEST_SLICE_NS = 20_000;
    private static final int SLICE_SPREAD_NS = 480_000;
    private static final int LONGEST_DELAY_NS = 30_000;

    private final Machine m;
    private final Rng rng;
    private final boolean schedExt;
    private final boolean active;
    private final int call;

    Mischief(Machine machine) {
        m = machine;
        rng = new Rng(~machine.config.seed());
        schedExt = machine.config.profile() == Profile.SCHED_EXT;
        active = schedExt || machine.config.faults().lossChance() > 0;
        call = machine.calls.register(this::strike);
    }

    /** There is an enclave. */
    void begin() {
        if (active && !m.calls.isSet(call)) {
            arm();
        }
    }

    private void arm() {
        m.calls.set(call, m.now + SHORTEST_PAUSE_NS + rng.below(LONGEST_PAUSE_NS - SHORTEST_PAUSE_NS));
    }

    private void strike() {
        int enclaves = m.enclaves.size();
        if (enclaves == 0) {
            m.calls.set(call, NEVER);
            return;
        }
        SimEnclave e = m.enclaves.get(rng.below(enclaves));
        if (m.faults.losesAttachment()) {
            e.destroyFromBelow("the attachment to the kernel was lost");
        } else if (schedExt) {
            Cpu c = m.cpus[rng.below(m.cpus.length)];
            if (c.enclave == e) {
                disturb(e, c);
            }
        }
        arm();
    }

    private void disturb(SimEnclave e, Cpu c) {
        Task current = c.current;
        if (c.isIdle()) {
            c.bypass = true;
            m.kick(c);
        } else if (current != null && current.isGhost() && rng.below(4) == 0) {
            m.ghost.forceOff(current);
        } else if (rng.below(16) == 0) {
            e.wantResync();
        }
    }

    /** A task that runs although nobody decided it. */
    @Nullable Task bypass(SimEnclave e, Cpu c) {
        if (!c.bypass) {
            return null;
        }
        c.bypass = false;
        Task t = m.inKernel.first(e, c);
        if (t != null) {
            c.latchSliceNs = SHORTEST_SLICE_NS + rng.below(SLICE_SPREAD_NS);
        }
        return t;
    }

    /** By how much an agent wakes too late. */
    int wakeDelay() {
        return schedExt && rng.below(5) == 0 ? rng.below(LONGEST_DELAY_NS) : 0;
    }

    /** By how much an outcome is stored too late. */
    int outcomeDelay() {
        return schedExt && rng.below(4) == 0 ? 1 + rng.below(LONGEST_DELAY_NS) : 0;
    }
}
