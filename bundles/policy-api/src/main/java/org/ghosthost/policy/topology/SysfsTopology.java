package org.ghosthost.policy.topology;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the CPUs of a machine from its sysfs, with a plain answer for each file that is not there. */
final class SysfsTopology {
    private static final int MAX_FILE_BYTES = 64 * 1024;
    /** More cache levels and kinds than any CPU has. */
    private static final int MAX_CACHES = 16;

    private final Path cpuRoot;
    private final Path nodeRoot;

    SysfsTopology(final Path root) {
        this.cpuRoot = root.resolve("devices/system/cpu");
        this.nodeRoot = root.resolve("devices/system/node");
    }

    List<Cpu> read() throws IOException {
        CpuSet present = list(cpuRoot.resolve("present"));
        if (present == null) {
            present = list(cpuRoot.resolve("possible"));
        }
        if (present == null || present.isEmpty()) {
            throw new IOException(cpuRoot + " does not say which CPUs are present: not a Linux machine?");
        }
        final CpuSet all = CpuSet.range(0, present.last());
        final int[] nodes = readNodes(all);
        final Map<Integer, Integer> sockets = new HashMap<>();
        final List<Cpu> cpus = new ArrayList<>();
        for (int id = all.first(); id >= 0; id = all.next(id + 1)) {
            cpus.add(Cpu.of(id, siblings(id, all), l3Siblings(id, all), nodes[id], socket(id, sockets)));
        }
        return cpus;
    }

    private CpuSet siblings(final int id, final CpuSet all) throws IOException {
        final Path folder = cpuFolder(id).resolve("topology");
        CpuSet siblings = list(folder.resolve("thread_siblings_list"));
        if (siblings == null) {
            siblings = list(folder.resolve("core_cpus_list"));
        }
        if (siblings == null) {
            return CpuSet.of(id);
        }
        siblings.retainAll(all);
        if (!siblings.contains(id)) {
            throw new IOException(folder + " does not count CPU " + id + " among its own siblings: " + siblings);
        }
        return siblings;
    }

    private CpuSet l3Siblings(final int id, final CpuSet all) throws IOException {
        for (int i = 0; i < MAX_CACHES; i++) {
            final Path cache = cpuFolder(id).resolve("cache/index" + i);
            if ("3".equals(text(cache.resolve("level")))) {
                final CpuSet sharers = list(cache.resolve("shared_cpu_list"));
                if (sharers != null) {
                    sharers.retainAll(all);
                    return sharers;
                }
            }
        }
        return new CpuSet();
    }

    private int socket(final int id, final Map<Integer, Integer> sockets) throws IOException {
        final Path file = cpuFolder(id).resolve("topology/physical_package_id");
        final String text = text(file);
        if (text == null) {
            // What is not known to be elsewhere is in the first socket, whatever number that gets.
            return 0;
        }
        try {
            // Firmware gives packages any number, and -1 if it knows none.
            final Integer fresh = sockets.size();
            final Integer known = sockets.putIfAbsent(Integer.valueOf(text), fresh);
            return known == null ? fresh : known;
        } catch (NumberFormatException e) {
            throw new IOException(file + " is no number: " + CpuText.quotable(text), e);
        }
    }

    private int[] readNodes(final CpuSet all) throws IOException {
        final int[] nodes = new int[CpuSet.MAX_CPUS];
        CpuSet online = list(nodeRoot.resolve("online"));
        if (online == null) {
            online = list(nodeRoot.resolve("possible"));
        }
        if (online == null) {
            return nodes;
        }
        for (int node = online.first(); node >= 0; node = online.next(node + 1)) {
            final CpuSet cpus = list(nodeRoot.resolve("node" + node + "/cpulist"));
            if (cpus != null) {
                cpus.retainAll(all);
                for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
                    nodes[cpu] = node;
                }
            }
        }
        return nodes;
    }

    private Path cpuFolder(final int id) {
        return cpuRoot.resolve("cpu" + id);
    }

    /** Returns the set that a file lists, or null if there is no such file. */
    private static @Nullable CpuSet list(final Path file) throws IOException {
        final String text = text(file);
        if (text == null) {
            return null;
        }
        try {
            return CpuSet.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static @Nullable String text(final Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8).strip();
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
