package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;

/** What holds for ghOSt's test machine of 112 CPUs, however it was described. */
final class MachineChecks {
    static final int CPUS = 112;
    static final int CORES = 56;

    private MachineChecks() {
    }

    static void numCpus(final Topology topology) {
        assertEquals(CPUS, topology.cpuCount());
        assertEquals(CPUS, topology.cpus().size());
    }

    static void allCpus(final Topology topology) {
        assertEquals("0-111", topology.allCpus().toString());
        for (int id = 0; id < CPUS; id++) {
            assertEquals(id, topology.cpu(id).id());
            assertTrue(topology.hasCpu(id));
        }
    }

    static void listContentsEmpty(final Topology topology) {
        final CpuSet set = topology.parseCpus("");
        assertTrue(set.isEmpty());
        assertEquals(0, set.toArray().length);
    }

    static void listContents(final Topology topology) {
        final int[] given = {0, 12, 80, 81, 100, 111};
        assertArrayEquals(given, CpuSet.of(given).toArray());
        assertArrayEquals(given, topology.parseCpus("0,12,80-81,100,111").toArray());
    }

    static void setContentsEmpty(final Topology topology) {
        final CpuSet set = new CpuSet();
        assertEquals(0, set.size());
        topology.cpus().forEach(cpu -> assertFalse(set.contains(cpu.id())));
    }

    static void setContents(final Topology topology) {
        final List<Integer> given = List.of(0, 12, 80, 81, 100, 111);
        final CpuSet set = new CpuSet();
        given.forEach(set::add);
        topology.cpus().forEach(cpu -> assertEquals(given.contains(cpu.id()), set.contains(cpu.id())));
        assertEquals(given.size(), set.size());
    }

    static void allCores(final Topology topology) {
        assertEquals("0-55", topology.cores().toString());
    }

    static void cores(final Topology topology) {
        final CpuSet result = CpuSet.of(99);
        for (int core = 0; core < CORES; core++) {
            assertEquals(core, topology.cpu(core).core());
            assertEquals(core, topology.cpu(core + CORES).core());
            topology.coresOf(CpuSet.of(core, core + CORES), result);
            assertEquals(CpuSet.of(core), result);
        }
        topology.coresOf(topology.allCpus(), result);
        assertEquals(topology.cores(), result);
    }

    static void siblings(final Topology topology) {
        for (int core = 0; core < CORES; core++) {
            assertEquals(CpuSet.of(core, core + CORES), topology.cpu(core).siblings());
            assertEquals(CpuSet.of(core, core + CORES), topology.cpu(core + CORES).siblings());
        }
        assertEquals(2, topology.smtCount());
    }

    static void l3Siblings(final Topology topology) {
        for (int id = 0; id < CPUS; id++) {
            final boolean first = id % CORES < CORES / 2;
            assertEquals(first ? "0-27,56-83" : "28-55,84-111", topology.cpu(id).l3Siblings().toString());
            assertEquals(first ? 0 : 1, topology.l3GroupOf(id));
            assertEquals(topology.cpu(id).l3Siblings(), topology.l3Group(topology.l3GroupOf(id)));
        }
        assertEquals(2, topology.l3GroupCount());
    }

    static void emptyL3Siblings(final Topology topology) {
        for (int id = 0; id < CPUS; id++) {
            assertTrue(topology.cpu(id).l3Siblings().isEmpty());
            assertEquals(-1, topology.l3GroupOf(id));
        }
        assertEquals(0, topology.l3GroupCount());
    }

    static void highestNodeIdx(final Topology topology) {
        assertEquals(1, topology.highestNumaNode());
        assertEquals(2, topology.numaNodeCount());
        assertEquals(2, topology.socketCount());
        assertEquals(topology.cpusOnNode(1), topology.cpusOnSocket(1));
    }

    static void smtIdx(final Topology topology) {
        for (int id = 0; id < CPUS; id++) {
            assertEquals(id < CORES ? 0 : 1, topology.cpu(id).smtIndex());
        }
    }

    static void consecutiveNumbering(final Topology topology) {
        assertTrue(topology.consecutiveSmtNumbering());
        for (int id = 0; id < CPUS; id += 2) {
            assertEquals(CpuSet.of(id, id + 1), topology.cpu(id).siblings());
            assertEquals(CpuSet.of(id, id + 1), topology.cpu(id + 1).siblings());
            assertEquals(id, topology.cpu(id + 1).core());
            assertEquals(1, topology.cpu(id + 1).smtIndex());
        }
    }

    static void iteratorBegin(final Topology topology) {
        assertEquals(0, topology.allCpus().first());
        assertEquals(12, topology.parseCpus("111,80,12").first());
    }

    static void iteratorEnd(final Topology topology) {
        assertEquals(CpuSet.NO_CPU, topology.allCpus().next(CPUS));
        assertFalse(topology.hasCpu(topology.allCpus().next(CPUS)));
        assertEquals(CpuSet.NO_CPU, topology.parseCpus("").first());
    }

    static void iterator(final Topology topology) {
        assertEquals(List.of(0, 12, 80, 81, 100), walk(topology.parseCpus("0,12,80,81,100")));
        assertEquals(topology.cpus().stream().map(Cpu::id).toList(), walk(topology.allCpus()));
    }

    static void iteratorRange(final Topology topology) {
        final List<Integer> seen = new ArrayList<>();
        topology.parseCpus("62-65,80").forEach(seen::add);
        assertEquals(List.of(62, 63, 64, 65, 80), seen);
    }

    static void iteratorBoundary(final Topology topology) {
        assertEquals(List.of(0, CPUS - 1), walk(topology.parseCpus("0,111")));
    }

    private static List<Integer> walk(final CpuSet set) {
        final List<Integer> seen = new ArrayList<>();
        for (int cpu = set.first(); cpu >= 0; cpu = set.next(cpu + 1)) {
            seen.add(cpu);
        }
        return seen;
    }
}
