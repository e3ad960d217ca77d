package org.ghosthost.agent.priotable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableClient;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.WorkClass;
import org.junit.jupiter.api.Test;

final class OrchestratorsTest {
    private final Map<Integer, PrioTable> tables = new HashMap<>();
    private final List<String> heard = new ArrayList<>();
    private final Orchestrators orchestrators =
            new Orchestrators((from, params, _) -> heard.add(from.tgid() + "/" + params.gtid()));

    /** An agent that knows the tables of its clients and nothing else. */
    private final Agent agent = (Agent) Proxy.newProxyInstance(Agent.class.getClassLoader(),
            new Class<?>[] {Agent.class}, (_, method, arguments) -> {
                assertEquals("prioTable", method.getName());
                return tables.get((Integer) arguments[0]);
            });

    private PrioTableClient addTable(int tgid) {
        PrioTable table = PrioTable.create(4, 1, 11);
        tables.put(tgid, table);
        PrioTableClient client = new PrioTableClient(table);
        client.setWorkClass(0, new WorkClass().flags(PrioTableLayout.CLASS_REPEATING).periodNs(1));
        client.setItem(0, new SchedItem().gtid(tgid * 10L));
        return client;
    }

    @Test
    void eachProcessHasOneOrchestratorForAllItsTasks() {
        addTable(5);
        addTable(6);
        Orchestrator five = orchestrators.taskAdded(agent, 5);
        assertNotNull(five);
        assertSame(five, orchestrators.taskAdded(agent, 5));
        assertNotNull(orchestrators.taskAdded(agent, 6));
        assertTrue(orchestrators.refresh());
        assertEquals(List.of("5/50", "6/60"), heard);
        assertEquals(2, orchestrators.size());
        assertSame(five, orchestrators.of(5));
        assertNull(orchestrators.of(7));
    }

    @Test
    void aProcessIsForgottenWithItsLastTask() {
        addTable(5);
        addTable(6);
        addTable(7);
        Orchestrator five = added(5);
        added(5);
        added(6);
        Orchestrator seven = added(7);
        orchestrators.taskRemoved(five);
        assertSame(five, orchestrators.of(5));
        orchestrators.taskRemoved(five);
        assertNull(orchestrators.of(5));
        assertSame(seven, orchestrators.of(7));
        assertEquals(2, orchestrators.size());
        assertThrows(IllegalArgumentException.class, () -> orchestrators.taskRemoved(five));
        orchestrators.taskRemoved(seven);
        assertTrue(orchestrators.refresh());
        assertEquals(List.of("6/60"), heard);
        assertFalse(five == added(5));
    }

    private Orchestrator added(int tgid) {
        Orchestrator orchestrator = orchestrators.taskAdded(agent, tgid);
        assertNotNull(orchestrator);
        return orchestrator;
    }

    @Test
    void aProcessMayHaveNoTableOrGetItLater() {
        assertNull(orchestrators.taskAdded(agent, 5));
        assertEquals(0, orchestrators.size());
        addTable(5);
        assertNotNull(orchestrators.taskAdded(agent, 5));
    }

    @Test
    void onlyALeaderWritesToTheTables() {
        PrioTableClient client = addTable(5);
        Orchestrator five = added(5);
        orchestrators.refresh();
        SchedParams params = five.paramsOf(50);
        assertNotNull(params);
        five.makeEngineRunnable(params);
        assertTrue(client.isIdle(0));
        client.markIdle(0);
        orchestrators.lead();
        orchestrators.refresh();
        five.makeEngineRunnable(params);
        assertFalse(client.isIdle(0));
        PrioTableClient later = addTable(6);
        Orchestrator six = added(6);
        orchestrators.refresh();
        SchedParams laterParams = six.paramsOf(60);
        assertNotNull(laterParams);
        six.makeEngineRunnable(laterParams);
        assertFalse(later.isIdle(0));
    }

    @Test
    void moreProcessesThanTheLimitAreServedAsIfTheyHadNoTable() {
        PrioTable table = PrioTable.create(0, 0, 11);
        for (int tgid = 1; tgid <= Orchestrators.MAX_PROCESSES + 5; tgid++) {
            tables.put(tgid, table);
            assertEquals(tgid <= Orchestrators.MAX_PROCESSES, orchestrators.taskAdded(agent, tgid) != null);
        }
        StringBuilder out = new StringBuilder();
        orchestrators.dump(out);
        assertEquals(Orchestrators.MAX_PROCESSES, out.toString().lines().count());
    }
}
