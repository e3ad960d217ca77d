package org.ghosthost.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policies.fifocentralized.FifoCentralized;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;

/**
 * How fast the simulated machine is with a policy on it: messages and transactions per second of CPU time on one core,
 * 8 CPUs, FIFO-centralized, trace hash on. Counted, not sampled: each line is the best of several runs of the same
 * length, in CPU time of the thread, so that other load on the computer does not matter.
 */
public final class MachineSpeed {
    private static final int CPUS = 8;
    private static final long EVENTS_PER_RUN = 5_000_000;
    private static final int RUNS = 5;

    private MachineSpeed() {}

    /** Numbers of tasks as arguments; 100, 1000 and 10000 without any. */
    public static void main(String[] args) throws EnclaveException {
        int[] counts = {100, 1000, 10_000};
        if (args.length > 0) {
            counts = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        }
        double first = 0;
        for (int tasks : counts) {
            double best = 0;
            for (int run = 0; run < RUNS; run++) {
                best = Math.max(best, eventsPerSecond(tasks));
            }
            first = first == 0 ? best : first;
            double exponent = tasks == counts[0] ? 0 : Math.log(first / best) / Math.log((double) tasks / counts[0]);
            System.out.printf("%6d tasks: %5.2f million events/s, %4.0f ns each, exponent %.2f%n", tasks, best / 1e6,
                    1e9 / best, exponent);
        }
    }

    private static double eventsPerSecond(int tasks) throws EnclaveException {
        MachineConfig config = MachineConfig.of(Topology.parse(Integer.toString(CPUS)), 1);
        try (SimulatedKernel kernel = new SimulatedKernel(config);
                EnclaveManager manager = new EnclaveManager(kernel, 1, null)) {
            Enclave enclave = manager.create(1, CpuSet.range(0, CPUS - 1));
            PolicyRelease fifo = new PolicyRelease("fifo-centralized", PolicyVersion.parse("1.0.0"),
                    PolicyModel.GLOBAL, Set.of(), new FifoCentralized(), "benchmark");
            enclave.attach(fifo, Map.of());
            kernel.runFor(100_000_000);
            kernel.load(new Sleepers(tasks), 1);
            kernel.runFor(50_000_000);
            long before = kernel.events();
            long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            while (kernel.events() - before < EVENTS_PER_RUN) {
                kernel.runFor(10_000_000);
            }
            long ns = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began;
            return (kernel.events() - before) * 1e9 / ns;
        }
    }

    /** Tasks that run for about 10 us and sleep so long that half of the CPUs' time is used. */
    private record Sleepers(int count) implements Workload {
        @Override
        public String name() {
            return count + " sleepers";
        }

        @Override
        public long durationNs() {
            return NO_DURATION;
        }

        @Override
        public List<ProcessSpec> processes() {
            return List.of(ProcessSpec.plain("sleepers"));
        }

        @Override
        public List<TaskSpec> tasks(long seed) {
            List<TaskSpec> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                tasks.add(TaskSpec.of("sleeper" + i, new Sleeper(seed + i, 5_000L * count)));
            }
            return tasks;
        }

        @Override
        public List<String> remarks() {
            return List.of();
        }
    }

    private static final class Sleeper implements TaskProgram {
        private final long sleepNs;
        private long state;
        private boolean ran;

        Sleeper(long seed, long sleepNs) {
            state = seed * 0x9E3779B97F4A7C15L;
            this.sleepNs = sleepNs;
        }

        @Override
        public Step next(TaskContext task) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            int random = (int) (state >>> 44); // 20 bits
            ran = !ran;
            return ran ? task.run(5_000 + random % 10_000) : task.sleep(sleepNs / 2 + random % sleepNs);
        }
    }
}
