package org.ghosthost.policy.topology;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** ghOSt's test machine, described CPU by CPU. */
final class CustomMachineTest {
    private static final Topology MACHINE = machine(false, true);
    private static final Topology CONSECUTIVE = machine(true, true);
    private static final Topology WITHOUT_L3 = machine(false, false);

    private static Topology machine(final boolean consecutive, final boolean withL3) {
        final List<Cpu> cpus = new ArrayList<>();
        for (int id = 0; id < MachineChecks.CPUS; id++) {
            cpus.add(consecutive ? adjacent(id) : apart(id, withL3));
        }
        return Topology.of(cpus);
    }

    private static Cpu adjacent(final int id) {
        final int node = id / MachineChecks.CORES;
        final CpuSet l3 = CpuSet.range(node * MachineChecks.CORES, node * MachineChecks.CORES + 55);
        return new Cpu(id, id & ~1, id & 1, CpuSet.of(id & ~1, id | 1), l3, node, node);
    }

    private static Cpu apart(final int id, final boolean withL3) {
        final int core = id % MachineChecks.CORES;
        final int node = core / 28;
        final CpuSet siblings = CpuSet.of(core, core + MachineChecks.CORES);
        final CpuSet l3 = CpuSet.parse(withL3 ? node == 0 ? "0-27,56-83" : "28-55,84-111" : "");
        return new Cpu(id, core, id / MachineChecks.CORES, siblings, l3, node, node);
    }

    @Test
    @DisplayName("TopologyTest.CustomTopologyNumCpus")
    void thereAre112Cpus() {
        MachineChecks.numCpus(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomTopologyAllCpus")
    void theSetOfAllCpusHasEachCpu() {
        MachineChecks.allCpus(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCpuListContentsEmpty")
    void anEmptyListNamesNoCpu() {
        MachineChecks.listContentsEmpty(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCpuListContents")
    void aListHasTheCpusThatWereGiven() {
        MachineChecks.listContents(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCpuSetContentEmpty")
    void anEmptySetHasNoCpu() {
        MachineChecks.setContentsEmpty(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCpuSetContents")
    void aSetHasTheCpusThatWereAdded() {
        MachineChecks.setContents(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckAllCores")
    void thereAre56Cores() {
        MachineChecks.allCores(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckCores")
    void theCoreOfACpuIsItsLowestSibling() {
        MachineChecks.cores(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckSiblings")
    void siblingsAre56Apart() {
        MachineChecks.siblings(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckL3Siblings")
    void halfOfTheCoresShareAnL3Cache() {
        MachineChecks.l3Siblings(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckEmptyL3Siblings")
    void withoutCacheInformationThereIsNoL3Sibling() {
        MachineChecks.emptyL3Siblings(WITHOUT_L3);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckHighestNodeIdx")
    void theHighestNumaNodeIsOne() {
        MachineChecks.highestNodeIdx(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomCheckSmtIdx")
    void theSecondHalfOfTheCpusIsSecondInItsCores() {
        MachineChecks.smtIdx(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomConsecutiveSmtNumbering")
    void siblingsAreAdjacentInTheOtherNumbering() {
        MachineChecks.consecutiveNumbering(CONSECUTIVE);
    }

    @Test
    @DisplayName("TopologyTest.CustomIteratorBegin")
    void aWalkBeginsAtTheLowestCpu() {
        MachineChecks.iteratorBegin(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomIteratorEnd")
    void aWalkEndsAtNoCpu() {
        MachineChecks.iteratorEnd(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomIterator")
    void aWalkVisitsEachCpuOnceInOrder() {
        MachineChecks.iterator(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomIteratorRange")
    void forEachVisitsEachCpuOnceInOrder() {
        MachineChecks.iteratorRange(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CustomIteratorBoundary")
    void aWalkVisitsTheFirstAndTheLastCpu() {
        MachineChecks.iteratorBoundary(MACHINE);
    }
}
