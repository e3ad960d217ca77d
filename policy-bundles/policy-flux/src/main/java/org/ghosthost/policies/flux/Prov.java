package org.ghosthost.policies.flux;

import org.ghosthost.policy.topology.CpuSet;

/**
 * Provisioning: three children. {@code prio} gets CPUs first, up to a limit, on those where it is at home if it can;
 * {@code next} goes before {@code last}.
 */
@SuppressWarnings("ReferenceEquality") // a node is equal to itself only
final class Prov extends SubScheduler {
    /** Most CPUs that are taken from other children at once. */
    private static final int MAX_VICTIMS = 5;

    private final SubScheduler prio;
    private final SubScheduler next;
    private final SubScheduler last;
    private final int maxPrioCpus;
    private final CpuSet home;

    Prov(SubScheduler prio, SubScheduler next, SubScheduler last, int maxPrioCpus, CpuSet home) {
        super("prov");
        this.prio = prio;
        this.next = next;
        this.last = last;
        this.maxPrioCpus = maxPrioCpus;
        this.home = home;
        prio.parent = this;
        next.parent = this;
        last.parent = this;
    }

    private int prioNeeds() {
        return Math.min(prio.wanted, maxPrioCpus) - prio.held.size();
    }

    @Override
    void request(Tree tree, SubScheduler child) {
        for (int victims = 0; victims < MAX_VICTIMS; victims++) {
            int cpu = child == prio && prioNeeds() > 0 ? victimOfPrio()
                    : child == next && next.needs() > 0 ? last.held.first() : CpuSet.NO_CPU;
            if (cpu < 0) {
                return;
            }
            tree.preempt(this, cpu);
        }
    }

    private int victimOfPrio() {
        int cpu = atHome(last);
        cpu = cpu < 0 ? atHome(next) : cpu;
        cpu = cpu < 0 ? last.held.first() : cpu;
        return cpu < 0 ? next.held.first() : cpu;
    }

    private int atHome(SubScheduler child) {
        int cpu = child.held.first();
        while (cpu >= 0 && !home.contains(cpu)) {
            cpu = child.held.next(cpu + 1);
        }
        return cpu;
    }

    /** A CPU at which {@code prio} is not at home goes to it only if none of the others can be had. */
    private boolean givesToPrio(int cpu) {
        return prioNeeds() > 0 && (home.contains(cpu) || (atHome(next) < 0 && atHome(last) < 0));
    }

    @Override
    void pick(Tree tree, int cpu) {
        if (givesToPrio(cpu)) {
            tree.grant(this, prio, cpu);
        } else if (next.needs() > 0) {
            tree.grant(this, next, cpu);
        } else if (last.needs() > 0) {
            tree.grant(this, last, cpu);
        } else {
            tree.giveBack(this, cpu);
        }
    }
}
