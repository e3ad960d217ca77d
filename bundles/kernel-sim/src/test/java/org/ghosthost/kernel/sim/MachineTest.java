package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.Test;

/** The machine from end to end. */
class MachineTest {
    private static final long MS = 1_000_000;

    private final SimulatedKernel kernel =
            new SimulatedKernel(MachineConfig.of(Topology.parse("4"), 1).withInvariants(true));

    @Test
    void aTaskIsAnnouncedRunsSleepsWakesAndEnds() throws KernelException {
        KernelEnclave enclave = kernel.createEnclave(1, CpuSet.range(0, 1));
        FifoAgent fifo = FifoAgent.attach(enclave, 0);
        kernel.spawn(Programs.ghost("worker", Programs.periodic(MS, MS, 2)), enclave);
        kernel.runFor(20 * MS);
        assertEquals("NEW BLOCKED WAKEUP BLOCKED WAKEUP BLOCKED DEAD", fifo.agent.log());
        assertEquals(0, kernel.liveTasks());
        assertEquals(0, enclave.taskCount());
    }

    @Test
    void manyTasksShareFewCpusAndAllEnd() throws KernelException {
        KernelEnclave enclave = kernel.createEnclave(1, CpuSet.range(0, 3));
        FifoAgent fifo = FifoAgent.attach(enclave, 0);
        for (int i = 0; i < 20; i++) {
            kernel.spawn(Programs.ghost("worker" + i, Programs.periodic(100_000 + i * 1000, 200_000, 50)), enclave);
        }
        kernel.runFor(1000 * MS);
        assertEquals(0, kernel.liveTasks(), fifo.agent.log());
        assertTrue(fifo.agent.passes > 1000);
    }

    @Test
    void theSameSeedMakesTheSameTrace() throws KernelException {
        assertEquals(run(7), run(7));
    }

    private static long run(long seed) throws KernelException {
        SimulatedKernel kernel = new SimulatedKernel(MachineConfig.of(Topology.parse("4"), seed).withInvariants(true));
        KernelEnclave enclave = kernel.createEnclave(1, CpuSet.range(0, 3));
        FifoAgent.attach(enclave, 0);
        for (int i = 0; i < 10; i++) {
            kernel.spawn(Programs.ghost("worker" + i, Programs.periodic(100_000 + i * 1000, 200_000, 50)), enclave);
        }
        kernel.runFor(100 * MS);
        return kernel.traceHash();
    }
}
