package org.ghosthost.policies.flux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.ghosthost.agent.TaskMap;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.Test;

/** How CPUs go through the tree. */
class TreeTest {
    private final TaskMap<FluxTask> tasks = new TaskMap<>(1, FluxTask::new);
    private final Leaf prio = new Leaf("prio", tasks);
    private final Leaf next = new Leaf("next", tasks);
    private final Leaf last = new Leaf("last", tasks);
    private final Idle idle = new Idle();
    private final Prov prov = new Prov(prio, next, last, 2, CpuSet.of(3));
    private final Roci roci = new Roci(prov, idle);
    private final Tree tree = new Tree(roci, 4);

    private void available(int... cpus) {
        for (int cpu : cpus) {
            tree.available(cpu);
        }
    }

    private void wants(Leaf leaf, int cpus) {
        tree.want(leaf, cpus);
        tree.request(leaf);
    }

    private void assertHave(String prioHas, String nextHas, String lastHas, String idleHas) {
        assertEquals(prioHas + "|" + nextHas + "|" + lastHas + "|" + idleHas,
                prio.held + "|" + next.held + "|" + last.held + "|" + idle.held);
    }

    @Test
    void whatNobodyWantsIsIdle() {
        available(0, 1, 2, 3);
        assertHave("", "", "", "0-3");
    }

    @Test
    void aLeafGetsIdleCpusAsItWantsThem() {
        available(0, 1, 2, 3);
        wants(next, 2);
        assertHave("", "0-1", "", "2-3");
    }

    @Test
    void aCpuThatIsGivenBackGoesToWhoeverWantsIt() {
        available(0, 1, 2, 3);
        wants(next, 4);
        wants(last, 1);
        assertHave("", "0-3", "", "");
        tree.want(next, 3);
        tree.giveBack(next, 0);
        assertHave("", "1-3", "0", "");
        tree.want(next, 2);
        tree.giveBack(next, 1);
        assertHave("", "2-3", "0", "1");
    }

    @Test
    void prioTakesCpusFromTheLastFirstAndWhereItIsAtHomeUpToItsLimit() {
        available(0, 1, 2, 3);
        wants(next, 2);
        wants(last, 2);
        assertHave("", "0-1", "2-3", "");
        wants(prio, 4);
        assertHave("2-3", "0-1", "", "");
    }

    @Test
    void nextTakesCpusFromTheLastOnly() {
        available(0, 1, 2, 3);
        wants(prio, 2);
        wants(last, 2);
        wants(next, 4);
        assertEquals(2, prio.held.size());
        assertEquals(2, next.held.size());
        assertEquals(0, last.held.size());
    }

    @Test
    void aCpuThatAnotherClassTakesIsLostToAllAboveToo() {
        available(0, 1);
        wants(next, 2);
        tree.unavailable(0);
        assertHave("", "1", "", "");
        assertNull(tree.owner(0));
        assertEquals(CpuSet.of(1), prov.held);
        assertEquals(CpuSet.of(1), roci.held);
        tree.available(0);
        assertHave("", "0-1", "", "");
    }

    @Test
    void onlyWhoHasACpuCanGiveIt() {
        available(0);
        assertThrows(IllegalArgumentException.class, () -> tree.giveBack(next, 0));
        assertThrows(IllegalArgumentException.class, () -> tree.grant(prov, next, 0));
        assertThrows(IllegalArgumentException.class, () -> tree.preempt(prov, 0));
    }
}
