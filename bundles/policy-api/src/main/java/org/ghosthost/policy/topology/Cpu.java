package org.ghosthost.policy.topology;

/**
 * One CPU (hardware thread) and its neighbours. The sets are frozen.
 *
 * @param id the number of the CPU, from 0
 * @param core the number of its core: the lowest id among its siblings
 * @param smtIndex its position among its siblings, from 0
 * @param siblings the CPUs of its core, itself included
 * @param l3Siblings the CPUs that share its L3 cache, itself included; empty if that is unknown or there is none
 * @param numaNode the number of its NUMA node, from 0; numbers may be left out
 * @param socket the number of its socket (physical package), from 0
 */
public record Cpu(int id, int core, int smtIndex, CpuSet siblings, CpuSet l3Siblings, int numaNode, int socket) {
    /** How many NUMA nodes, and how many sockets, a machine may have. */
    public static final int MAX_GROUPS = CpuSet.MAX_CPUS;

    /**
     * Checks the ranges of the numbers and freezes copies of the sets. Whether CPUs agree about each other is checked
     * by {@link Topology#of(java.util.List)}.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public Cpu {
        CpuSet.checkId(id);
        CpuSet.checkId(core);
        CpuSet.checkId(smtIndex);
        siblings = siblings.frozen();
        l3Siblings = l3Siblings.frozen();
        if (numaNode < 0 || numaNode >= MAX_GROUPS) {
            throw new IllegalArgumentException("NUMA node of CPU " + id + " is out of range: " + numaNode);
        }
        if (socket < 0 || socket >= MAX_GROUPS) {
            throw new IllegalArgumentException("socket of CPU " + id + " is out of range: " + socket);
        }
    }

    /**
     * Describes a CPU whose core and position in it follow from its siblings.
     *
     * @throws IllegalArgumentException if a number is out of range or {@code siblings} lacks the CPU itself
     */
    public static Cpu of(
            final int id, final CpuSet siblings, final CpuSet l3Siblings, final int numaNode, final int socket) {
        if (!siblings.contains(id)) {
            throw new IllegalArgumentException("CPU " + id + " is not among its own siblings: " + siblings);
        }
        int smtIndex = 0;
        while (siblings.nth(smtIndex) != id) {
            smtIndex++;
        }
        return new Cpu(id, siblings.first(), smtIndex, siblings, l3Siblings, numaNode, socket);
    }

    /** Returns the id as text, as operators write it. */
    @Override
    public String toString() {
        return Integer.toString(id);
    }
}
