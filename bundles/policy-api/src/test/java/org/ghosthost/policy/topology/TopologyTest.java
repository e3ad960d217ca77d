package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TopologyTest {
    @Test
    @DisplayName("TopologyTest.BitmapSet")
    void aCpuCanBeAddedAndRemovedByItsId() {
        final CpuSet set = new CpuSet();
        for (int id = 0; id < 112; id++) {
            assertFalse(set.contains(id));
            set.add(id);
            assertTrue(set.contains(id));
            assertEquals(id + 1, set.size());
        }
        set.remove(64);
        assertFalse(set.contains(64));
        assertEquals(111, set.size());
    }

    @Test
    @DisplayName("TopologyTest.BitmapSetCpu")
    void theCpusOfATopologyCanBeAddedAndRemoved() {
        final CpuSet set = new CpuSet();
        for (final Cpu cpu : Topology.test().cpus()) {
            set.add(cpu.id());
            assertTrue(set.contains(cpu.id()));
            set.remove(cpu.id());
            assertTrue(set.isEmpty());
        }
    }

    @Test
    @DisplayName("TopologyTest.Intersection")
    void retainAllKeepsWhatIsInBoth() {
        final CpuSet set = CpuSet.parse("0-10,60-70");
        set.retainAll(CpuSet.parse("5-65,111"));
        assertEquals("5-10,60-65", set.toString());
        assertTrue(set.intersects(CpuSet.of(65, 80)));
        assertFalse(set.intersects(CpuSet.of(66, 80)));
        set.retainAll(new CpuSet());
        assertTrue(set.isEmpty());
    }

    @Test
    @DisplayName("TopologyTest.Union")
    void addAllAddsWhatIsInEither() {
        final CpuSet set = CpuSet.parse("0-10");
        set.addAll(CpuSet.parse("5-12,111"));
        assertEquals("0-12,111", set.toString());
        set.addAll(new CpuSet());
        assertEquals("0-12,111", set.toString());
    }

    @Test
    @DisplayName("TopologyTest.Subtract")
    void removeAllLeavesWhatIsNotInTheOther() {
        final CpuSet set = CpuSet.parse("0-10,60-70");
        set.removeAll(CpuSet.parse("5-65,111"));
        assertEquals("0-4,66-70", set.toString());
        set.removeAll(set.copy());
        assertTrue(set.isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1-5,20,87,94,100 | 10,40800000,00000000,0010003e", "0-3,16 | 1000f", "'' | 0",
        "4-7,31,105 | 200,00000000,00000000,800000f0", "0-32 | 1,ffffffff",
        "0,5,10,15,16,21,26,31 | 84218421", "0,5,10,15,16,21,26,31-32 | 1,84218421"})
    @DisplayName("TopologyTest.CpuMaskStr")
    void aMaskHasACommaEachEightDigitsAndNoLeadingZeros(final String list, final String mask) {
        assertEquals(mask, CpuSet.parse(list).toMask());
        assertEquals(CpuSet.parse(list), CpuSet.parseMask(mask));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | ''", "2 | 2", "3,5,6,7 | 3,5-7", "2-8 | 2-8", "2-8,11-12 | 2-8,11-12", "0-3,6,10-12,14 | 0-3,6,10-12,14",
        "2,3,2 | 2-3", "0-5,3,4 | 0-5", "0-5,3-7 | 0-7"})
    @DisplayName("TopologyTest.ParseCpuStr")
    void aListMayRepeatAndOverlap(final String list, final String normal) {
        assertEquals(normal, Topology.test().parseCpus(list + "\n").toString());
    }

    @Test
    @DisplayName("TopologyTest.ParseCpuStr: a CPU that the machine lacks is refused")
    void aListMustNotNameACpuThatTheMachineLacks() {
        assertEquals("111", Topology.test().parseCpus("111").toString());
        assertEquals("bad CPU list \"1-112\": CPU 112 is out of range 0-111",
                refusalOf(() -> Topology.test().parseCpus("1-112")));
    }

    @Test
    @DisplayName("TopologyTest.CpuInNodeTest")
    void numaNodesAreDisjointAndCoverAllCpus() {
        for (final String description : List.of("test", "8", "sockets=2 cores=8 nodes=4 smt=2")) {
            final Topology topology = Topology.parse(description);
            final CpuSet seen = new CpuSet();
            for (int node = 0; node <= topology.highestNumaNode(); node++) {
                final CpuSet cpus = topology.cpusOnNode(node);
                assertFalse(seen.intersects(cpus));
                seen.addAll(cpus);
                final int expected = node;
                cpus.forEach(cpu -> assertEquals(expected, topology.cpu(cpu).numaNode()));
            }
            assertEquals(topology.allCpus(), seen);
        }
    }

    @Test
    @DisplayName("TopologyTest.CpuSetToCpuList")
    void aSetGoesThroughTextMaskAndWordsUnchanged() {
        final CpuSet set = CpuSet.of(0, 12, 63, 64, 111);
        final CpuSet fromWords = new CpuSet();
        for (int i = 0; i < CpuSet.WORDS; i++) {
            fromWords.setWord(i, set.word(i));
        }
        assertEquals(set, fromWords);
        assertEquals(set, CpuSet.parse(set.toString()));
        assertEquals(set, CpuSet.parseMask(set.toMask()));
    }

    @Test
    @DisplayName("TopologyTest.CpuListToVector")
    void theCpusOfASetCanBeCollected() {
        final Topology topology = Topology.test();
        final List<Cpu> cpus = new ArrayList<>();
        topology.parseCpus("3,80,111").forEach(id -> cpus.add(topology.cpu(id)));
        assertEquals(List.of(topology.cpu(3), topology.cpu(80), topology.cpu(111)), cpus);
    }

    @Test
    @DisplayName("TopologyTest.CpuListToIntVector")
    void theIdsOfASetCanBeCollected() {
        assertArrayEquals(new int[] {3, 80, 111}, Topology.test().parseCpus("111,80,3").toArray());
        assertArrayEquals(new int[0], new CpuSet().toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sockets=2 cores=28 smt=2", "sockets=2 cores=28 smt=2 numbering=consecutive"})
    @DisplayName("TopologyTest.ExportTestTopology")
    void theTestMachineSurvivesExport(final String description) {
        final Topology topology = Topology.parse(description);
        assertEquals(topology, Topology.of(topology.cpus()));
        assertEquals(topology.hashCode(), Topology.of(topology.cpus()).hashCode());
        assertNotEquals(topology, Topology.parse("112"));
    }

    @Test
    @DisplayName("TopologyTest.ExportTestTopologyWithNoL3Cache")
    void theTestMachineWithoutL3CacheSurvivesExport() {
        final Topology topology = Topology.parse("sockets=2 cores=28 smt=2 l3=0");
        assertEquals(topology, Topology.of(topology.cpus()));
        assertNotEquals(topology, Topology.test());
    }

    @Test
    @DisplayName("TopologyTest.CpusOnNode")
    void eachOfFourNumaNodesHasItsCpus() {
        final Topology topology = Topology.parse("sockets=4 cores=4");
        assertEquals(4, topology.numaNodeCount());
        assertEquals("0-3", topology.cpusOnNode(0).toString());
        assertEquals("4-7", topology.cpusOnNode(1).toString());
        assertEquals("8-11", topology.cpusOnNode(2).toString());
        assertEquals("12-15", topology.cpusOnNode(3).toString());
        assertThrows(IllegalArgumentException.class, () -> topology.cpusOnNode(4));
        assertThrows(IllegalArgumentException.class, () -> topology.cpusOnNode(-1));
    }

    @Test
    @DisplayName("TopologyTest.CpuMapEmpty")
    void bothKindsOfSetKnowThatTheyAreEmpty() {
        final AtomicCpuSet shared = new AtomicCpuSet();
        final CpuSet own = new CpuSet();
        assertTrue(shared.isEmpty());
        assertTrue(own.isEmpty());
        shared.add(1023);
        own.add(1023);
        assertFalse(shared.isEmpty());
        assertFalse(own.isEmpty());
        shared.clear();
        own.clear();
        assertTrue(shared.isEmpty());
        assertTrue(own.isEmpty());
    }

    @Test
    void coresMayHaveMoreThanTwoCpusOrDifferInHowMany() {
        final Topology wide = Topology.parse("cores=2 smt=8");
        assertEquals("1,3,5,7,9,11,13,15", wide.cpu(7).siblings().toString());
        assertEquals(3, wide.cpu(7).smtIndex());
        assertEquals(8, wide.smtCount());
        assertTrue(Topology.parse("cores=2 smt=8 numbering=consecutive").consecutiveSmtNumbering());

        final CpuSet none = new CpuSet();
        final Topology hybrid = Topology.of(List.of(Cpu.of(0, CpuSet.of(0), none, 0, 0),
                Cpu.of(1, CpuSet.of(1, 2), none, 0, 0), Cpu.of(2, CpuSet.of(1, 2), none, 0, 0)));
        assertEquals(2, hybrid.smtCount());
        assertEquals("0-1", hybrid.cores().toString());
        assertEquals(hybrid, Topology.of(hybrid.cpus()));
    }

    @Test
    void theSetsOfATopologyCannotBeChanged() {
        final Topology topology = Topology.test();
        for (final CpuSet set : List.of(topology.allCpus(), topology.cores(), topology.cpusOnNode(0),
                topology.cpusOnSocket(1), topology.l3Group(0), topology.cpu(5).siblings(),
                topology.cpu(5).l3Siblings())) {
            assertThrows(UnsupportedOperationException.class, () -> set.remove(5));
        }
        assertThrows(UnsupportedOperationException.class, () -> topology.cpus().remove(0));
        final List<Cpu> given = new ArrayList<>(topology.cpus());
        final Topology copy = Topology.of(given);
        given.clear();
        assertEquals(topology, copy);
        assertSame(topology.allCpus(), topology.allCpus());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1 | 1 CPU, 1 core, 1 L3 cache, 1 NUMA node, 1 socket",
        "1024 | 1024 CPUs, 1024 cores, 1 L3 cache, 1 NUMA node, 1 socket",
        "' smt=2  cores=4 ' | 8 CPUs, 4 cores, 1 L3 cache, 1 NUMA node, 1 socket",
        "sockets=2 cores=64 smt=2 nodes=4 l3=16 | 256 CPUs, 128 cores, 32 L3 caches, 8 NUMA nodes, 2 sockets",
        "cores=8 l3=0 | 8 CPUs, 8 cores, 0 L3 caches, 1 NUMA node, 1 socket",
        "test | 112 CPUs, 56 cores, 2 L3 caches, 2 NUMA nodes, 2 sockets"})
    void aShortTextDescribesAMachine(final String description, final String summary) {
        assertEquals(summary, Topology.parse(description).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | is neither a number of CPUs nor one of sockets, cores, smt, nodes, l3, numbering",
        "0 | the number of CPUs must be 1 to 1024: 0",
        "1025 | the number of CPUs must be 1 to 1024: 1025",
        "99999999999999 | the number of CPUs must be 1 to 1024",
        "-8 | \"-8\" is neither a number of CPUs nor one of",
        "cpus=8 | \"cpus=8\" is neither a number of CPUs nor one of",
        "cores | cores must be 1 to 1024:",
        "cores=x | cores must be 1 to 1024: x",
        "cores=4 cores=4 | cores is given twice",
        "sockets=32 cores=32 smt=2 | 2048 CPUs are more than 1024",
        "cores=8 nodes=3 | 8 cores of a socket cannot be divided equally over nodes=3",
        "cores=8 l3=3 | 8 cores of a socket cannot be divided equally over l3=3",
        "smt=2 numbering=odd | numbering must be split or consecutive: odd"})
    void aBadDescriptionIsRefusedWithTheReason(final String description, final String reason) {
        final String refusal = refusalOf(() -> Topology.parse(description));
        assertTrue(refusal.startsWith("bad topology \"" + description + "\": "), refusal);
        assertTrue(refusal.contains(reason), refusal);
    }

    @Test
    void contradictionsAreRefused() {
        assertRefused("ids must run from 0 without gaps", cpu -> cpu(cpu, cpu.id() == 3 ? 4 : cpu.id(), cpu.core()));
        assertRefused("core of CPU 3 must be its lowest sibling 2: 3", cpu -> cpu.id() == 3 ? cpu(cpu, 3, 3) : cpu);
        assertRefused("position of CPU 3 among its siblings 2-3 is wrong: 0", cpu -> cpu.id() == 3
                ? new Cpu(3, 2, 0, cpu.siblings(), cpu.l3Siblings(), 0, 0) : cpu);
        assertRefused("CPUs 1 and 3 disagree on their siblings", cpu -> cpu.id() == 3
                ? Cpu.of(3, CpuSet.of(1, 3), cpu.l3Siblings(), 0, 0) : cpu);
        assertRefused("sibling 9 of CPU 3 does not exist", cpu -> cpu.id() == 3
                ? Cpu.of(3, CpuSet.of(3, 9), cpu.l3Siblings(), 0, 0) : cpu);
        assertRefused("siblings 2 and 3 are on different NUMA nodes", cpu -> cpu.id() == 3
                ? Cpu.of(3, cpu.siblings(), cpu.l3Siblings(), 1, 0) : cpu);
        assertRefused("siblings 2 and 3 are on different sockets", cpu -> cpu.id() == 3
                ? Cpu.of(3, cpu.siblings(), cpu.l3Siblings(), 0, 1) : cpu);
        assertRefused("siblings 2 and 3 disagree on their L3 cache", cpu -> cpu.id() == 3
                ? Cpu.of(3, cpu.siblings(), new CpuSet(), 0, 0) : cpu);
        assertRefused("CPU 2 is not among those of its own L3 cache", cpu -> cpu.core() == 2
                ? Cpu.of(cpu.id(), cpu.siblings(), CpuSet.of(0, 1), 0, 0) : cpu);
        assertRefused("disagree on who shares their L3 cache", cpu -> cpu.core() == 2
                ? Cpu.of(cpu.id(), cpu.siblings(), CpuSet.of(0, 2, 3), 0, 0) : cpu);
        assertRefused("CPU 9, which shares the L3 cache of CPU 2, does not exist", cpu -> cpu.core() == 2
                ? Cpu.of(cpu.id(), cpu.siblings(), CpuSet.of(2, 3, 9), 0, 0) : cpu);
        assertEquals("a machine has 1 to 1024 CPUs: 0", refusalOf(() -> Topology.of(List.of())));
        assertRefused("CPU 3 is not among its own siblings: 1",
                cpu -> Cpu.of(cpu.id(), cpu.id() == 3 ? CpuSet.of(1) : cpu.siblings(), cpu.l3Siblings(), 0, 0));
    }

    private static Cpu cpu(final Cpu like, final int id, final int core) {
        return new Cpu(id, core, like.smtIndex(), like.siblings(), like.l3Siblings(), 0, 0);
    }

    private static void assertRefused(final String reason, final UnaryOperator<Cpu> change) {
        final List<Cpu> cpus = Topology.parse("cores=2 smt=2 numbering=consecutive").cpus();
        final String refusal = refusalOf(() -> Topology.of(cpus.stream().map(change).toList()));
        assertTrue(refusal.contains(reason), refusal);
    }

    private static String refusalOf(final Executable action) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
    }

    @Test
    void aCpuOutOfRangeIsRefusedByItsNumber() {
        assertEquals("no CPU 112: this machine has 0-111", refusalOf(() -> Topology.test().cpu(112)));
        assertEquals("no CPU -1: this machine has 0-111", refusalOf(() -> Topology.test().cpu(-1)));
        assertEquals("no L3 cache 0: this machine has none", refusalOf(() -> Topology.parse("l3=0").l3Group(0)));
        final CpuSet none = new CpuSet();
        assertThrows(IllegalArgumentException.class, () -> new Cpu(-1, 0, 0, none, none, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Cpu(0, 0, 0, none, none, -1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Cpu(0, 0, 0, none, none, 0, 1024));
    }
}
