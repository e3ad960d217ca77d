package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SysfsTopologyTest {
    @TempDir
    private Path sys;

    private void write(final String file, final String content) throws IOException {
        final Path path = sys.resolve("devices/system").resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content + "\n");
    }

    private void writeCpu(final int id, final String siblings, final int socket, final String l3) throws IOException {
        write("cpu/cpu" + id + "/topology/thread_siblings_list", siblings);
        write("cpu/cpu" + id + "/topology/physical_package_id", Integer.toString(socket));
        write("cpu/cpu" + id + "/cache/index0/level", "1");
        write("cpu/cpu" + id + "/cache/index0/shared_cpu_list", siblings);
        write("cpu/cpu" + id + "/cache/index3/level", "3");
        write("cpu/cpu" + id + "/cache/index3/shared_cpu_list", l3);
    }

    private void writeTwoSockets() throws IOException {
        write("cpu/present", "0-7");
        for (int id = 0; id < 8; id++) {
            final int core = id % 4;
            writeCpu(id, core + "," + (core + 4), core < 2 ? 0 : 1, core < 2 ? "0-1,4-5" : "2-3,6-7");
        }
        write("node/online", "0-1");
        write("node/node0/cpulist", "0-1,4-5");
        write("node/node1/cpulist", "2-3,6-7");
    }

    @Test
    @DisplayName("TopologyTest.ExportTopology")
    void aMachineReadFromSysfsIsTheMachineDescribed() throws IOException {
        writeTwoSockets();
        final Topology topology = Topology.ofSysfs(sys);
        assertEquals(Topology.parse("sockets=2 cores=2 smt=2"), topology);
        assertEquals(topology, Topology.of(topology.cpus()));
    }

    @Test
    @DisplayName("TopologyTest.ExportTopologyWithNoL3Cache")
    void aContainerWithoutCacheInformationHasNoL3Siblings() throws IOException {
        write("cpu/present", "0-1");
        write("cpu/cpu0/topology/thread_siblings_list", "0-1");
        write("cpu/cpu1/topology/core_cpus_list", "0-1");
        write("node/online", "0");
        write("node/node0/cpulist", "0-1");
        final Topology topology = Topology.ofSysfs(sys);
        assertEquals(Topology.parse("smt=2 l3=0"), topology);
        assertEquals(topology, Topology.of(topology.cpus()));
    }

    @Test
    void theBareNumberOfCpusIsEnough() throws IOException {
        write("cpu/possible", "0-3");
        assertEquals(Topology.parse("cores=4 l3=0"), Topology.ofSysfs(sys));
    }

    @Test
    void anOfflineCpuInTheMiddleIsACoreOfItsOwn() throws IOException {
        write("cpu/present", "0-2");
        writeCpu(0, "0,2", 0, "0,2");
        writeCpu(2, "0,2", 0, "0,2");
        final Topology topology = Topology.ofSysfs(sys);
        assertEquals("1", topology.cpu(1).siblings().toString());
        assertEquals(-1, topology.l3GroupOf(1));
        assertEquals("0,2", topology.cpu(2).siblings().toString());
    }

    @Test
    void socketsWithOddNumbersAreRenumbered() throws IOException {
        write("cpu/present", "0-2");
        writeCpu(0, "0", 36, "0");
        writeCpu(1, "1", -1, "1");
        writeCpu(2, "2", 36, "2");
        final Topology topology = Topology.ofSysfs(sys);
        assertEquals("0,2", topology.cpusOnSocket(0).toString());
        assertEquals("1", topology.cpusOnSocket(1).toString());
    }

    @Test
    void numaNodesKeepTheirNumbersAndThoseWithoutCpusDoNotCount() throws IOException {
        write("cpu/present", "0-1");
        write("node/online", "0,8,9");
        write("node/node0/cpulist", "0");
        write("node/node8/cpulist", "1");
        write("node/node9/cpulist", "");
        final Topology topology = Topology.ofSysfs(sys);
        assertEquals(2, topology.numaNodeCount());
        assertEquals(8, topology.highestNumaNode());
        assertEquals("1", topology.cpusOnNode(8).toString());
        assertTrue(topology.cpusOnNode(3).isEmpty());
    }

    @Test
    void nonsenseIsRefusedWithTheNameOfTheFile() throws IOException {
        assertRefused("does not say which CPUs are present");
        write("cpu/present", "0-?");
        assertRefused("cpu/present: bad CPU list \"0-?\"");
        writeTwoSockets();
        write("cpu/cpu1/topology/thread_siblings_list", "2");
        assertRefused("does not count CPU 1 among its own siblings: 2");
        write("cpu/cpu1/topology/thread_siblings_list", "1");
        assertRefused("contradicts itself: CPUs 1 and 5 disagree on their siblings");
        writeTwoSockets();
        write("cpu/cpu1/topology/physical_package_id", "zero");
        assertRefused("physical_package_id is no number: zero");
    }

    private void assertRefused(final String reason) {
        final String refusal = String.valueOf(
                assertThrows(IOException.class, () -> Topology.ofSysfs(sys)).getMessage());
        assertTrue(refusal.contains(reason), refusal);
    }

    @Test
    @DisplayName("TopologyTest.CpuValid, TopologyTest.CpuNumaNode, TopologyTest.CpuToString")
    void theCpusOfThisMachineAreValid() throws IOException {
        assumeTrue(Files.exists(Path.of("/sys/devices/system/cpu/present")), "not a Linux machine");
        final Topology topology = Topology.ofHost();
        assertEquals(topology, Topology.of(topology.cpus()));
        for (final Cpu cpu : topology.cpus()) {
            assertTrue(topology.hasCpu(cpu.id()));
            assertTrue(cpu.numaNode() >= 0 && cpu.numaNode() <= topology.highestNumaNode());
            assertTrue(topology.cpusOnNode(cpu.numaNode()).contains(cpu.id()));
            assertEquals(Integer.toString(cpu.id()), cpu.toString());
        }
    }

    @Test
    @DisplayName("TopologyTest.UninitializedCpu, TopologyTest.UninitializedCpuToString (here no CPU is the id -1)")
    void noCpuIsWrittenMinusOneAndBelongsToNoMachine() {
        final int none = new CpuSet().first();
        assertEquals("-1", Integer.toString(none));
        assertFalse(Topology.test().hasCpu(none));
        assertFalse(Topology.test().allCpus().contains(none));
    }
}
