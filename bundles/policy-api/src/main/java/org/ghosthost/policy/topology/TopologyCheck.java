package org.ghosthost.policy.topology;

import java.util.List;

/** Refuses descriptions of CPUs that contradict each other. */
final class TopologyCheck {
    private TopologyCheck() {
    }

    static void check(final List<Cpu> cpus) {
        if (cpus.isEmpty() || cpus.size() > CpuSet.MAX_CPUS) {
            throw new IllegalArgumentException("a machine has 1 to " + CpuSet.MAX_CPUS + " CPUs: " + cpus.size());
        }
        for (int id = 0; id < cpus.size(); id++) {
            final Cpu cpu = cpus.get(id);
            require(cpu.id() == id, "CPU " + cpu.id() + " is at position " + id + ", ids must run from 0 without gaps");
            checkSiblings(cpu, cpus);
            checkL3Siblings(cpu, cpus);
        }
    }

    private static void checkSiblings(final Cpu cpu, final List<Cpu> cpus) {
        final CpuSet siblings = cpu.siblings();
        require(siblings.contains(cpu.id()), "CPU " + cpu + " is not among its own siblings: " + siblings);
        require(siblings.last() < cpus.size(), "sibling " + siblings.last() + " of CPU " + cpu + " does not exist");
        require(cpu.core() == siblings.first(), "core of CPU " + cpu + " must be its lowest sibling "
                + siblings.first() + ": " + cpu.core());
        require(siblings.nth(cpu.smtIndex()) == cpu.id(), "position of CPU " + cpu + " among its siblings " + siblings
                + " is wrong: " + cpu.smtIndex());
        final Cpu leader = cpus.get(siblings.first());
        require(leader.siblings().equals(siblings), "CPUs " + leader + " and " + cpu + " disagree on their siblings: "
                + leader.siblings() + " and " + siblings);
        require(leader.l3Siblings().equals(cpu.l3Siblings()), "siblings " + leader + " and " + cpu
                + " disagree on their L3 cache: " + leader.l3Siblings() + " and " + cpu.l3Siblings());
        require(leader.numaNode() == cpu.numaNode(), "siblings " + leader + " and " + cpu
                + " are on different NUMA nodes: " + leader.numaNode() + " and " + cpu.numaNode());
        require(leader.socket() == cpu.socket(), "siblings " + leader + " and " + cpu
                + " are on different sockets: " + leader.socket() + " and " + cpu.socket());
    }

    private static void checkL3Siblings(final Cpu cpu, final List<Cpu> cpus) {
        final CpuSet sharers = cpu.l3Siblings();
        if (sharers.isEmpty()) {
            return;
        }
        require(sharers.contains(cpu.id()), "CPU " + cpu + " is not among those of its own L3 cache: " + sharers);
        require(sharers.last() < cpus.size(), "CPU " + sharers.last() + ", which shares the L3 cache of CPU " + cpu
                + ", does not exist");
        final Cpu leader = cpus.get(sharers.first());
        require(leader.l3Siblings().equals(sharers), "CPUs " + leader + " and " + cpu
                + " disagree on who shares their L3 cache: " + leader.l3Siblings() + " and " + sharers);
    }

    private static void require(final boolean holds, final String broken) {
        if (!holds) {
            throw new IllegalArgumentException(broken);
        }
    }
}
