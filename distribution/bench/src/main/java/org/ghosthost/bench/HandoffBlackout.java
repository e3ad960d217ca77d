package org.ghosthost.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policies.fifocentralized.FifoCentralized;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.loader.Workloads;

/**
 * Blackout of warm rolls under load: wall-clock time from the end of the old generation's last pass to the end of the
 * new one's first, on the simulated machine. A counted run, not a JMH benchmark: each roll happens once.
 *
 * <p>Arguments: rolls for each number of tasks (500).
 */
public final class HandoffBlackout {
    private static final int WARM_UP_ROLLS = 200;
    private static final long BETWEEN_ROLLS_NS = 120_000_000; // more than a probation

    private HandoffBlackout() {}

    /** Prints one line for each number of tasks. */
    public static void main(String[] arguments) throws Exception {
        int rolls = arguments.length == 0 ? 500 : Integer.parseInt(arguments[0]);
        System.out.println("tasks  rolls  p50 us  p90 us  p99 us  max us  lost");
        for (int tasks : new int[] {10, 100, 1000, 10_000}) {
            measure(tasks, rolls);
        }
    }

    private static void measure(int tasks, int rolls) throws Exception {
        try (SimulatedKernel kernel = new SimulatedKernel(MachineConfig.of(Topology.parse("8"), 1));
                EnclaveManager manager = new EnclaveManager(kernel, 1, null)) {
            Enclave enclave = manager.create(0, kernel.topology().allCpus().copy());
            kernel.load(Workloads.parse("spin:tasks=" + tasks + ",run=20us,sleep=100us"), enclave.id());
            PolicyRelease[] releases = {release("1.0.0"), release("1.1.0")};
            long[] blackoutNs = new long[rolls];
            int lost = 0;
            for (int i = -WARM_UP_ROLLS; i < rolls; i++) {
                Handoff way = enclave.attach(releases[i & 1], Map.of());
                kernel.runFor(BETWEEN_ROLLS_NS);
                if (way.state() != HandoffState.COMMITTED) {
                    throw new IllegalStateException("roll " + i + " is " + way.state() + ": " + way.roll().reason());
                }
                if (i >= 0) {
                    blackoutNs[i] = way.roll().blackoutNs();
                    lost += Math.abs(way.roll().tasksBefore() - way.roll().tasksAfter());
                }
            }
            Arrays.sort(blackoutNs);
            System.out.printf("%5d  %5d  %6.1f  %6.1f  %6.1f  %6.1f  %4d%n", tasks, rolls, us(blackoutNs, 0.5),
                    us(blackoutNs, 0.9), us(blackoutNs, 0.99), us(blackoutNs, 1), lost);
        }
    }

    private static PolicyRelease release(String version) {
        return new PolicyRelease("fifo", PolicyVersion.parse(version), PolicyModel.GLOBAL, Set.of(),
                new FifoCentralized(), "bench");
    }

    private static double us(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))] / 1000.0;
    }
}
