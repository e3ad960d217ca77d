package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.Lab.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.junit.jupiter.api.Test;

/** The PrioTables that the tasks of a workload write. */
class PrioTablesTest {
    private final Lab lab = new Lab(2, "0-1");
    private final ProcessSpec process = new ProcessSpec(
            "app", List.of(WorkClass.oneShot(0, MS), new WorkClass(true, 3, MS, 10 * MS)), 2);
    private final SchedItem item = new SchedItem();

    private Lab.Puppet spawn(PrioHint hint) {
        Lab.Puppet puppet = new Lab.Puppet();
        TaskSpec spec = new TaskSpec("t", 0, SchedulingClass.FAIR, 0, null, 0, hint, puppet);
        puppet.id = lab.kernel.spawn(process, spec, lab.enclave);
        puppet.gtid = lab.task(puppet).gtid;
        return puppet;
    }

    private PrioTable table(Lab.Puppet puppet) {
        PrioTable table = lab.enclave.prioTable(lab.task(puppet).process.tgid);
        assertNotNull(table);
        return table;
    }

    @Test
    void anItemIsWrittenFromTheHintAndFollowsTheTask() {
        long start = lab.kernel.now();
        Lab.Puppet t = spawn(new PrioHint(1, true, 5 * MS));
        PrioTable table = table(t);
        assertEquals(2, table.itemCount());
        assertEquals(PrioTable.ReadResult.READ, table.readItem(0, item));
        assertEquals(t.gtid, item.gtid());
        assertEquals(1, item.workClass());
        assertTrue(item.runnable());
        assertEquals(start + 5 * MS, item.deadlineNs());
        t.then(c -> {
            c.markIdle();
            c.setWorkClass(0);
            return c.run(MS);
        });
        t.then(c -> {
            c.markRunnable(777);
            return c.run(MS);
        });
        lab.settle();
        table.readItem(0, item);
        assertFalse(item.runnable());
        assertEquals(0, item.workClass());
        lab.kernel.runFor(2 * MS);
        table.readItem(0, item);
        assertTrue(item.runnable());
        assertEquals(777, item.deadlineNs());
        t.exits();
        lab.wake(t);
        lab.kernel.runFor(2 * MS);
        table.readItem(0, item);
        assertEquals(0, item.gtid());
        assertFalse(item.runnable());
    }

    @Test
    void aTaskWithoutHintOrTableIgnoresIt() {
        Lab.Puppet t = spawn(null).then(c -> {
            c.markIdle();
            c.markRunnable(1);
            c.setWorkClass(1);
            return c.run(1);
        });
        lab.settle();
        table(t).readItem(0, item);
        assertEquals(0, item.gtid());
        Lab.Puppet plain = lab.fair("plain").then(c -> {
            c.markRunnable(TaskContext.NO_DEADLINE);
            return c.run(1);
        });
        lab.settle();
        assertNull(lab.enclave.prioTable(lab.task(plain).process.tgid));
        assertNull(lab.enclave.prioTable(-1));
    }

    @Test
    void aSpinningAgentIsCalledWhenATableChanges() {
        ScriptedAgent global = lab.globalAgent(0);
        lab.settle();
        Lab.Puppet t = spawn(new PrioHint(0, false, TaskContext.NO_DEADLINE));
        lab.settle();
        int passes = global.passes;
        t.then(c -> {
            c.markRunnable(5);
            return c.run(1);
        });
        lab.wake(t);
        lab.settle();
        assertTrue(global.passes > passes);
    }
}
