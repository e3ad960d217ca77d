package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.TreeMap;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.Test;

/** The small parts of the machine, each against a simpler one. */
class PartsTest {
    private static final long NEVER = EventQueue.NEVER;

    @Test
    void theQueueOfTasksAgreesWithASortedMap() {
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            EventQueue queue = new EventQueue();
            TreeMap<String, Integer> model = new TreeMap<>();
            String[] keys = new String[200];
            long[] times = new long[200];
            java.util.Arrays.fill(times, NEVER);
            for (int order = 0; order < 3000; order++) {
                int node = random.nextInt(200);
                long time = random.nextInt(6) == 0 ? NEVER : random.nextInt(50);
                queue.set(node, time, order);
                if (time != times[node]) {
                    if (keys[node] != null) {
                        model.remove(keys[node]);
                    }
                    keys[node] = time == NEVER ? null : "%03d %06d".formatted(time, order);
                    times[node] = time;
                    if (keys[node] != null) {
                        model.put(keys[node], node);
                    }
                }
                assertEquals(model.size(), queue.size(), "seed " + seed);
                assertEquals(model.isEmpty() ? NEVER : times[model.firstEntry().getValue()], queue.headTime());
                if (!model.isEmpty()) {
                    assertEquals(model.firstEntry().getValue(), queue.headNode(), "seed " + seed);
                }
            }
        }
    }

    @Test
    void theTournamentOfCpusAgreesWithASearch() {
        for (int cpus : new int[] {1, 2, 3, 7, 8, 9, 112}) {
            Random random = new Random(cpus);
            CpuEvents events = new CpuEvents(cpus);
            long[] times = new long[cpus];
            long[] orders = new long[cpus];
            java.util.Arrays.fill(times, NEVER);
            for (int order = 0; order < 5000; order++) {
                int cpu = random.nextInt(cpus);
                long time = random.nextInt(6) == 0 ? NEVER : random.nextInt(20);
                events.set(cpu, time, order);
                if (times[cpu] != time) {
                    times[cpu] = time;
                    orders[cpu] = order;
                }
                int best = 0;
                for (int i = 1; i < cpus; i++) {
                    if (times[i] < times[best] || (times[i] == times[best] && orders[i] < orders[best])) {
                        best = i;
                    }
                }
                assertEquals(times[best], events.headTime(), cpus + " CPUs");
                if (times[best] != NEVER) {
                    assertEquals(best, events.head(), cpus + " CPUs");
                }
            }
        }
    }

    @Test
    void groupCommitsCostWhatThePaperSaysAndALineBetween() {
        CostTable costs = CostTable.PAPER;
        assertEquals(0, costs.commitNs(0));
        assertEquals(668, costs.commitNs(1));
        assertEquals(3964, costs.commitNs(10));
        assertEquals(1064, costs.targetNs(1));
        assertEquals(1821, costs.targetNs(10));
        assertEquals(668 + 366, costs.commitNs(2));
    }

    @Test
    void everyCostCanBeSet() {
        for (var component : CostTable.class.getRecordComponents()) {
            CostTable changed = CostTable.PAPER.with(component.getName(), 12_345);
            assertNotEquals(CostTable.PAPER, changed);
            assertTrue(changed.toString().contains(component.getName() + "=12345"));
        }
        assertThrows(IllegalArgumentException.class, () -> CostTable.PAPER.with("nothing", 1));
        assertThrows(IllegalArgumentException.class, () -> CostTable.PAPER.with("syscall", 0));
        assertThrows(IllegalArgumentException.class, () -> CostTable.PAPER.with("ipi", -1));
    }

    @Test
    void configurationsAreChecked() {
        MachineConfig config = MachineConfig.of(Topology.parse("2"), 1);
        assertThrows(IllegalArgumentException.class, () -> config.withStatusWords(0));
        assertThrows(IllegalArgumentException.class, () -> config.withSlices(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new FaultPlan(-1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new FaultPlan(0, 0, 1_000_001, 0));
    }

    @Test
    void numbersAreGivenOutInOrderAndUsedAgainLast() {
        PidTable pids = new PidTable();
        int first = pids.allocate();
        pids.assign(first, "first");
        int second = pids.allocate();
        assertEquals(first + 1, second);
        pids.assign(second, "second");
        assertEquals("first", pids.get(first));
        pids.release(first);
        assertEquals(null, pids.get(first));
        assertEquals(second + 1, pids.allocate());
        assertEquals(null, pids.get(-1));
        assertEquals(null, pids.get(1L << 40));
    }

    @Test
    void theHashSeesEveryDifference() {
        TraceHash a = new TraceHash();
        TraceHash b = new TraceHash();
        a.add(1, 2, 3);
        b.add(1, 3, 2);
        assertNotEquals(a.value(), b.value());
    }
}
