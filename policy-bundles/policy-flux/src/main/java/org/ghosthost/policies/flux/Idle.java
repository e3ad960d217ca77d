package org.ghosthost.policies.flux;

import org.ghosthost.policy.topology.CpuSet;

/** The node that has what nobody else wants, and keeps it idle. */
final class Idle extends SubScheduler {
    Idle() {
        super("idle");
        wanted = CpuSet.MAX_CPUS;
    }

    @Override
    void pick(Tree tree, int cpu) {}
}
