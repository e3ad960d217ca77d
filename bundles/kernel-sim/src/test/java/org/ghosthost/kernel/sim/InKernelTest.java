package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.NiceWeight;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;

/** The mode in which the machine itself schedules by virtual runtime. */
class InKernelTest {
    private static final long MS = 1_000_000;

    private final Lab lab = new Lab(2, "0-1");

    private Lab.Puppet spinner(String name, int nice) throws KernelException {
        Lab.Puppet task = lab.ghost(name).runs(1_000_000 * MS);
        lab.settle();
        lab.machine.properties.setAffinity(lab.task(task), CpuSet.of(1));
        lab.machine.properties.setNice(lab.task(task), nice);
        return task;
    }

    @Test
    void tasksShareACpuByTheWeightOfTheirNiceValues() throws KernelException {
        lab.enclave.setMode(EnclaveMode.VRUNTIME, MS);
        int[] nice = {0, 5, -5};
        Lab.Puppet[] tasks = new Lab.Puppet[nice.length];
        int sum = 0;
        for (int i = 0; i < nice.length; i++) {
            tasks[i] = spinner("t" + i, nice[i]);
            sum += NiceWeight.of(nice[i]);
        }
        long[] before = new long[nice.length];
        for (int i = 0; i < nice.length; i++) {
            before[i] = lab.task(tasks[i]).runtime;
        }
        lab.kernel.runFor(10_000 * MS);
        for (int i = 0; i < nice.length; i++) {
            double share = (lab.task(tasks[i]).runtime - before[i]) / (10_000.0 * MS);
            assertEquals(NiceWeight.of(nice[i]) / (double) sum, share, 0.01, "nice " + nice[i]);
        }
    }

    @Test
    void whoSleptForLongIsAheadOfTheOthersByOneSliceAtMost() throws KernelException {
        lab.enclave.setMode(EnclaveMode.VRUNTIME, MS);
        Lab.Puppet busy = spinner("busy", 0);
        Lab.Puppet sleeper = lab.ghost("sleeper").then(c -> c.block()).runs(1_000 * MS);
        lab.settle();
        lab.machine.properties.setAffinity(lab.task(sleeper), CpuSet.of(1));
        lab.kernel.runFor(500 * MS);
        long before = lab.task(busy).runtime;
        lab.wake(sleeper);
        lab.kernel.runFor(20 * MS);
        long ran = lab.task(busy).runtime - before;
        assertTrue(ran > 8 * MS, "the busy one ran " + ran + " ns of 20 ms");
    }
}
