package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class TopologyAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP_ROUNDS = 20_000;
    private static final int ROUNDS = 100_000;
    private static final int WINDOWS = 20;

    private final Topology topology = Topology.test();
    private final CpuSet idle = new CpuSet();
    private final CpuSet allowed = CpuSet.parse("3-90,111");
    private final AtomicCpuSet kicked = new AtomicCpuSet();
    private final CpuSet other = new CpuSet();
    private int sum;

    @Test
    void aPassOverSetsAndTopologyAllocatesNothing() {
        passes(WARM_UP_ROUNDS);
        assertEquals(0, leastAllocated(() -> sum += passes(ROUNDS)), "bytes in " + ROUNDS + " rounds");
        assertTrue(sum != 0);
    }

    /**
     * Returns the bytes that this thread allocated in the best of several equal windows. What the code allocates is in
     * each of them. What is not: HotSpot makes all string literals of a class, those of its error messages too, in the
     * thread that first asks C2 to compile one of its methods.
     */
    private static long leastAllocated(final Runnable window) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WINDOWS && least > 0; i++) {
            final long before = THREADS.getCurrentThreadAllocatedBytes();
            window.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private int passes(final int rounds) {
        int total = 0;
        for (int round = 0; round < rounds; round++) {
            total += pass(round % topology.cpuCount());
        }
        return total;
    }

    private int pass(final int cpu) {
        idle.copyFrom(topology.allCpus());
        idle.remove(cpu);
        idle.retainAll(allowed);
        idle.removeAll(topology.cpu(cpu).siblings());
        idle.addAll(topology.cpusOnNode(topology.cpu(cpu).numaNode()));
        int sum = idle.size() + idle.last() + idle.nth(5) + idle.nextCyclic(cpu) + idle.pollFirst();
        for (int next = idle.first(); next >= 0; next = idle.next(next + 1)) {
            sum += next;
        }
        topology.coresOf(idle, other);
        sum += idle.intersects(other) || idle.containsAll(other) || idle.equals(other) || other.isEmpty() ? 1 : 0;
        kicked.copyFrom(other);
        kicked.add(cpu);
        sum += kicked.testAndClear(cpu) ? kicked.first() + kicked.size() : 0;
        kicked.copyTo(other);
        other.setWord(0, other.word(1));
        other.clear();
        return sum + topology.l3Group(topology.l3GroupOf(cpu)).first();
    }
}
