package org.ghosthost.policies.flux;

import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A node of the tree. It holds CPUs that its parent granted, wants a number of them, and hands them on or gives them
 * back. At each moment a CPU belongs to one node, and only that node says what happens to it.
 */
abstract class SubScheduler {
    final String name;
    /** CPUs that are here or with a child. */
    final CpuSet held = new CpuSet();
    @Nullable SubScheduler parent;
    int wanted;

    SubScheduler(String name) {
        this.name = name;
    }

    /** Number of CPUs that it wants beyond those it has; negative = it could do with less. */
    final int needs() {
        return wanted - held.size();
    }

    /** A child wants more than it has: take what may be taken from others, by {@link Tree#preempt}. */
    void request(Tree tree, SubScheduler child) {}

    /** Says what happens to a CPU that is here now: grant it, keep it, or give it back, by a method of {@code tree}. */
    abstract void pick(Tree tree, int cpu);
}
