package org.ghosthost.bench;

import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policies.fifocentralized.FifoCentralized;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.NullEnclave;
import org.ghosthost.testkit.NullKernel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One decision of policy-fifo-centralized: message in, transaction committed to a null kernel, which checks barrier and
 * everything else that ghOSt's kernel checks. A task that gets a CPU yields at once; the order of the tasks in memory
 * is random. The C program in {@code src/main/c} does the same on the same layouts.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 7, time = 1)
@Fork(value = 3, jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx1g"})
@SuppressWarnings("NullAway") // JMH calls attach before everything else
public class FifoCentralizedDecision {
    private static final int CPUS = 8;
    private static final int DECISIONS = 10_000;

    /** Number of tasks. */
    @Param({"10", "100", "1000", "10000"})
    public int tasks;

    @SuppressWarnings("NullAway.Init") // by attach
    private NullKernel kernel;

    @SuppressWarnings("NullAway.Init") // by attach
    private NullEnclave enclave;

    /** An enclave under the policy, with all tasks able to run. */
    @Setup(Level.Trial)
    public void attach() throws Exception {
        kernel = new NullKernel(CPUS, tasks, NullEnclave::yields);
        EnclaveManager manager = new EnclaveManager(kernel, 1, null);
        Enclave made = manager.create(1, kernel.topology().allCpus().copy());
        enclave = kernel.enclave();
        made.attach(new PolicyRelease("fifo-centralized", PolicyVersion.parse("1.0.0"), PolicyModel.GLOBAL, Set.of(),
                new FifoCentralized(), "bench"), Map.of());
        for (int task : randomOrder(tasks)) {
            enclave.enters(task);
        }
        for (int pass = 0; pass < 1_000_000 && made.status().policy().startsWith("built"); pass++) {
            for (int cpu = 0; cpu < CPUS; cpu++) {
                kernel.pass(cpu);
            }
        }
        for (int pass = 0; pass < 200_000; pass++) { // past the probation: nobody follows any more
            kernel.pass(0);
        }
    }

    /** The global agent's passes until so many decisions were taken. */
    @Benchmark
    @OperationsPerInvocation(DECISIONS)
    public long decide() {
        long end = enclave.decisions() + DECISIONS;
        while (enclave.decisions() < end) {
            kernel.pass(0);
        }
        return enclave.decisions();
    }

    private static int[] randomOrder(int count) {
        SplittableRandom random = new SplittableRandom(1);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }
}
