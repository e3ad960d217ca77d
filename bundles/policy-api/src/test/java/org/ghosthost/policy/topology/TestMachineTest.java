package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** ghOSt's test machine as {@link Topology#test()} gives it. */
final class TestMachineTest {
    private static final Topology MACHINE = Topology.test();
    private static final Topology CONSECUTIVE = Topology.testConsecutive();
    private static final Topology WITHOUT_L3 = Topology.parse("sockets=2 cores=28 smt=2 l3=0");

    @Test
    @DisplayName("TopologyTest.TopologyNumCpus")
    void thereAre112Cpus() {
        MachineChecks.numCpus(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.TopologyAllCpus")
    void theSetOfAllCpusHasEachCpu() {
        MachineChecks.allCpus(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CpuListContentsEmpty")
    void anEmptyListNamesNoCpu() {
        MachineChecks.listContentsEmpty(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CpuListContents")
    void aListHasTheCpusThatWereGiven() {
        MachineChecks.listContents(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CpuSetContentEmpty")
    void anEmptySetHasNoCpu() {
        MachineChecks.setContentsEmpty(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CpuSetContents")
    void aSetHasTheCpusThatWereAdded() {
        MachineChecks.setContents(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckAllCores")
    void thereAre56Cores() {
        MachineChecks.allCores(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckCores")
    void theCoreOfACpuIsItsLowestSibling() {
        MachineChecks.cores(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckSiblings")
    void siblingsAre56Apart() {
        MachineChecks.siblings(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckL3Siblings")
    void halfOfTheCoresShareAnL3Cache() {
        MachineChecks.l3Siblings(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckEmptyL3Siblings")
    void withoutCacheInformationThereIsNoL3Sibling() {
        MachineChecks.emptyL3Siblings(WITHOUT_L3);
    }

    @Test
    @DisplayName("TopologyTest.CheckHighestNodeIdx")
    void theHighestNumaNodeIsOne() {
        MachineChecks.highestNodeIdx(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.CheckSmtIdx")
    void theSecondHalfOfTheCpusIsSecondInItsCores() {
        MachineChecks.smtIdx(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.TestConsecutiveSmtNumbering")
    void siblingsAreAdjacentInTheOtherNumbering() {
        MachineChecks.consecutiveNumbering(CONSECUTIVE);
    }

    @Test
    @DisplayName("TopologyTest.IteratorBegin")
    void aWalkBeginsAtTheLowestCpu() {
        MachineChecks.iteratorBegin(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.IteratorEnd")
    void aWalkEndsAtNoCpu() {
        MachineChecks.iteratorEnd(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.Iterator")
    void aWalkVisitsEachCpuOnceInOrder() {
        MachineChecks.iterator(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.IteratorRange")
    void forEachVisitsEachCpuOnceInOrder() {
        MachineChecks.iteratorRange(MACHINE);
    }

    @Test
    @DisplayName("TopologyTest.IteratorBoundary")
    void aWalkVisitsTheFirstAndTheLastCpu() {
        MachineChecks.iteratorBoundary(MACHINE);
    }

    @Test
    void theUsualNumberingIsNotConsecutive() {
        assertFalse(MACHINE.consecutiveSmtNumbering());
        assertFalse(Topology.parse("8").consecutiveSmtNumbering());
    }

    @Test
    void itsSummaryNamesAllGroups() {
        assertEquals("112 CPUs, 56 cores, 2 L3 caches, 2 NUMA nodes, 2 sockets", MACHINE.toString());
    }
}
