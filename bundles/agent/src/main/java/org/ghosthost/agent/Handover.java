package org.ghosthost.agent;

import org.ghosthost.policy.Agent;
import org.ghosthost.policy.topology.Cpu;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;

/** Where the global agent goes when tasks of other classes want its CPU: to the nearest CPU that nobody else wants. */
final class Handover {
    /** Passes between two moves, so that an agent chased from CPU to CPU still schedules. */
    static final int GUARD_PASSES = 256;

    private final Topology topology;
    private int passes;

    Handover(Topology topology) {
        this.topology = topology;
        reset();
    }

    /** The next move may be at once. */
    void reset() {
        passes = GUARD_PASSES;
    }

    /** A pass without a move. */
    void passed() {
        if (passes < GUARD_PASSES) {
            passes++;
        }
    }

    /**
     * The CPU to move to: of the same core, else of the same L3 cache, else of the same NUMA node, else any one.
     *
     * @return {@link CpuSet#NO_CPU} if there is none, or the last move was just now
     */
    int target(Agent agent, CpuSet cpus) {
        if (passes < GUARD_PASSES) {
            return CpuSet.NO_CPU;
        }
        Cpu here = topology.cpu(agent.cpu());
        int target = search(agent, cpus, here.siblings());
        if (target < 0) {
            target = search(agent, cpus, here.l3Siblings());
        }
        if (target < 0) {
            target = search(agent, cpus, topology.cpusOnNode(here.numaNode()));
        }
        if (target < 0) {
            target = search(agent, cpus, cpus);
        }
        if (target >= 0) {
            passes = 0;
        }
        return target;
    }

    private static int search(Agent agent, CpuSet cpus, CpuSet near) {
        for (int cpu = near.first(); cpu >= 0; cpu = near.next(cpu + 1)) {
            if (cpu != agent.cpu() && cpus.contains(cpu) && agent.available(cpu) && !agent.pending(cpu)) {
                return cpu;
            }
        }
        return CpuSet.NO_CPU;
    }
}
