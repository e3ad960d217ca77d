package org.ghosthost.policy.topology;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** The CPUs of a machine, divided into numbered groups: sockets, NUMA nodes or L3 caches. */
final class CpuGroups {
    private final CpuSet[] groups;
    private final int[] indexOf;
    private final int count;

    private CpuGroups(final CpuSet[] groups, final int[] indexOf) {
        this.groups = groups;
        this.indexOf = indexOf;
        int used = 0;
        for (int i = 0; i < groups.length; i++) {
            groups[i] = groups[i].frozen();
            used += groups[i].isEmpty() ? 0 : 1;
        }
        this.count = used;
    }

    /** Groups by a number that each CPU knows; a number that no CPU has is an empty group. */
    static CpuGroups byNumber(final Cpu[] cpus, final ToIntFunction<Cpu> number) {
        final int[] indexOf = Arrays.stream(cpus).mapToInt(number).toArray();
        final CpuSet[] groups = new CpuSet[Arrays.stream(indexOf).max().orElse(-1) + 1];
        Arrays.setAll(groups, _ -> new CpuSet());
        for (final Cpu cpu : cpus) {
            groups[indexOf[cpu.id()]].add(cpu.id());
        }
        return new CpuGroups(groups, indexOf);
    }

    /** Groups by the set that each CPU knows, numbered by their lowest CPUs; an empty set is in no group. */
    static CpuGroups bySet(final Cpu[] cpus, final Function<Cpu, CpuSet> set) {
        final int[] indexOf = new int[cpus.length];
        CpuSet[] groups = new CpuSet[cpus.length];
        int count = 0;
        for (final Cpu cpu : cpus) {
            final CpuSet group = set.apply(cpu);
            if (group.isEmpty()) {
                indexOf[cpu.id()] = -1;
            } else if (group.first() == cpu.id()) {
                groups[count] = group;
                indexOf[cpu.id()] = count++;
            } else {
                indexOf[cpu.id()] = indexOf[group.first()];
            }
        }
        groups = Arrays.copyOf(groups, count);
        return new CpuGroups(groups, indexOf);
    }

    int count() {
        return count;
    }

    int highest() {
        return groups.length - 1;
    }

    int indexOf(final int cpu) {
        return indexOf[cpu];
    }

    CpuSet get(final int group, final String kind) {
        if (group < 0 || group >= groups.length) {
            throw new IllegalArgumentException("no " + kind + " " + group + ": this machine has "
                    + (groups.length == 0 ? "none" : "0-" + highest()));
        }
        return groups[group];
    }
}
