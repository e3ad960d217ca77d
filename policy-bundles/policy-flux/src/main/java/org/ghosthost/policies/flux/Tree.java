package org.ghosthost.policies.flux;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Who has which CPU, and how it goes from one to another: granted down, given back up, or taken away. */
@SuppressWarnings("ReferenceEquality") // a node is equal to itself only
final class Tree {
    private final SubScheduler top;
    private final @Nullable SubScheduler[] owners;

    Tree(SubScheduler top, int possibleCpus) {
        this.top = top;
        owners = new SubScheduler[possibleCpus];
    }

    /** The node that has the CPU; null if the enclave cannot use it now. */
    @Nullable SubScheduler owner(int cpu) {
        return cpu >= 0 && cpu < owners.length ? owners[cpu] : null;
    }

    /** The CPU can be used from now on. */
    void available(int cpu) {
        if (owners[cpu] == null) {
            arrive(top, cpu);
        }
    }

    /** Another class has the CPU, or the agent: everybody loses it. */
    void unavailable(int cpu) {
        for (SubScheduler node = owners[cpu]; node != null; node = node.parent) {
            node.held.remove(cpu);
        }
        owners[cpu] = null;
    }

    /** Nobody has a CPU any more. */
    void clear() {
        for (int cpu = 0; cpu < owners.length; cpu++) {
            unavailable(cpu);
        }
    }

    /** {@code node} gives a CPU that it has to its child. */
    void grant(SubScheduler node, SubScheduler child, int cpu) {
        requireOwner(node, cpu);
        arrive(child, cpu);
    }

    private void arrive(SubScheduler node, int cpu) {
        node.held.add(cpu);
        owners[cpu] = node;
        node.pick(this, cpu);
    }

    /** {@code node} gives a CPU that it has back to its parent. */
    void giveBack(SubScheduler node, int cpu) {
        requireOwner(node, cpu);
        SubScheduler parent = node.parent;
        if (parent != null) {
            node.held.remove(cpu);
            owners[cpu] = parent;
            parent.pick(this, cpu);
        }
    }

    /** {@code node} takes a CPU from those below it, whatever runs there; what it wants with it is told by its pick. */
    void preempt(SubScheduler node, int cpu) {
        SubScheduler below = owners[cpu];
        while (below != null && !below.equals(node)) {
            below.held.remove(cpu);
            below = below.parent;
        }
        if (below == null) {
            throw new IllegalArgumentException(node.name + " has no CPU " + cpu);
        }
        owners[cpu] = node;
        node.pick(this, cpu);
    }

    /** What a node wants has changed, and with it what those above it want. */
    void want(SubScheduler node, int cpus) {
        int more = cpus - node.wanted;
        for (SubScheduler above = node; above != null && more != 0; above = above.parent) {
            above.wanted += more;
        }
    }

    /** Lets those above a node do what they can for it, from the top down. */
    void request(SubScheduler node) {
        SubScheduler parent = node.parent;
        if (parent != null) {
            request(parent);
            if (node.needs() > 0) {
                parent.request(this, node);
            }
        }
    }

    private void requireOwner(SubScheduler node, int cpu) {
        if (owners[cpu] != node) {
            throw new IllegalArgumentException(node.name + " has not got CPU " + cpu);
        }
    }

    void dump(StringBuilder out, SubScheduler... nodes) {
        Arrays.stream(nodes).forEach(node -> out.append(node.name).append(": CPUs ").append(node.held)
                .append(", wants ").append(node.wanted).append('\n'));
    }
}
