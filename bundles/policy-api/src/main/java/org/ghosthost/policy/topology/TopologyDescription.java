package org.ghosthost.policy.topology;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A regular machine, as a short text describes it: how many there are of each, and how the CPUs are numbered. */
record TopologyDescription(int sockets, int cores, int smt, int nodes, int l3, boolean consecutive) {
    private static final String KEYS = "sockets, cores, smt, nodes, l3, numbering";

    static TopologyDescription parse(final String text) {
        final String description = text.strip();
        if (isNumber(description)) {
            return new TopologyDescription(1, count(text, "the number of CPUs", description, 1), 1, 1, 1, false)
                    .checked(text);
        }
        int sockets = 1;
        int cores = 1;
        int smt = 1;
        int nodes = 1;
        int l3 = 1;
        boolean consecutive = false;
        final Set<String> seen = new HashSet<>();
        for (final String word : description.split("\\s+", -1)) {
            final int equals = word.indexOf('=');
            final String key = equals < 0 ? word : word.substring(0, equals);
            final String value = equals < 0 ? "" : word.substring(equals + 1);
            if (!seen.add(key)) {
                throw bad(text, CpuText.quotable(key) + " is given twice");
            }
            switch (key) {
                case "sockets" -> sockets = count(text, key, value, 1);
                case "cores" -> cores = count(text, key, value, 1);
                case "smt" -> smt = count(text, key, value, 1);
                case "nodes" -> nodes = count(text, key, value, 1);
                case "l3" -> l3 = count(text, key, value, 0);
                case "numbering" -> consecutive = isConsecutive(text, value);
                default -> throw bad(text, "\"" + CpuText.quotable(word)
                        + "\" is neither a number of CPUs nor one of " + KEYS + " with a value");
            }
        }
        return new TopologyDescription(sockets, cores, smt, nodes, l3, consecutive).checked(text);
    }

    private TopologyDescription checked(final String text) {
        final long cpuCount = (long) sockets * cores * smt;
        if (cpuCount > CpuSet.MAX_CPUS) {
            throw bad(text, cpuCount + " CPUs are more than " + CpuSet.MAX_CPUS);
        }
        if (cores % nodes != 0) {
            throw bad(text, cores + " cores of a socket cannot be divided equally over nodes=" + nodes);
        }
        if (l3 > 0 && cores % l3 != 0) {
            throw bad(text, cores + " cores of a socket cannot be divided equally over l3=" + l3);
        }
        return this;
    }

    /** Returns the CPUs in the order of their ids. */
    List<Cpu> cpus() {
        final List<Cpu> cpus = new ArrayList<>();
        for (int id = 0; id < sockets * cores * smt; id++) {
            final int core = consecutive ? id / smt : id % (sockets * cores);
            cpus.add(Cpu.of(id, cpusOfCores(core, 1), l3Siblings(core), core / (cores / nodes), core / cores));
        }
        return cpus;
    }

    private CpuSet l3Siblings(final int core) {
        if (l3 == 0) {
            return new CpuSet();
        }
        final int coresPerL3 = cores / l3;
        return cpusOfCores(core / coresPerL3 * coresPerL3, coresPerL3);
    }

    private CpuSet cpusOfCores(final int firstCore, final int coreCount) {
        final CpuSet cpus = new CpuSet();
        for (int core = firstCore; core < firstCore + coreCount; core++) {
            for (int thread = 0; thread < smt; thread++) {
                cpus.add(consecutive ? core * smt + thread : thread * sockets * cores + core);
            }
        }
        return cpus;
    }

    private static boolean isConsecutive(final String text, final String value) {
        return switch (value) {
            case "consecutive" -> true;
            case "split" -> false;
            default -> throw bad(text, "numbering must be split or consecutive: " + CpuText.quotable(value));
        };
    }

    private static int count(final String text, final String key, final String value, final int min) {
        // Four digits reach beyond MAX_CPUS; more could overflow an int.
        final int count = isNumber(value) && value.length() <= 4 ? Integer.parseInt(value) : -1;
        if (count < min || count > CpuSet.MAX_CPUS) {
            throw bad(text, key + " must be " + min + " to " + CpuSet.MAX_CPUS + ": " + CpuText.quotable(value));
        }
        return count;
    }

    private static boolean isNumber(final String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static IllegalArgumentException bad(final String text, final String why) {
        return new IllegalArgumentException("bad topology \"" + CpuText.quotable(text.strip()) + "\": " + why);
    }
}
