package org.ghosthost.policies.fifocentralized;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/** A policy takes over an enclave that runs, gives it back, and survives lost messages. */
class TakeoverTest {
    private final ScriptedMachine machine = ScriptedMachine.of(new FifoCentralized(), PolicyModel.GLOBAL, 3);

    private void follow() {
        machine.follow(new FifoCentralized(), Map.of(), 0);
    }

    @Test
    void aSuccessorLeavesRunningTasksAlone() {
        machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        machine.pass();
        follow();
        machine.swap();
        assertEquals("", machine.pass());
        assertEquals("1=A 2=B", machine.running());
    }

    @Test
    void aSuccessorKnowsWhoWaitsAndWhoSleeps() {
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        ScriptedTask d = machine.enter("D", false);
        machine.pass();
        follow();
        machine.swap();
        a.blocks();
        assertEquals("1=C", machine.pass());
        d.wakes();
        a.wakes();
        assertEquals("", machine.pass());
    }

    @Test
    void aFollowerSeesWhatTheLeaderDecides() {
        follow();
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        ScriptedTask c = machine.enter("C");
        machine.pass();
        a.blocks();
        machine.pass();
        machine.swap();
        assertEquals("", machine.pass());
        c.losesCpu();
        assertEquals("1=C", machine.pass());
    }

    @Test
    void aTaskThatWasLeavingItsCpuAtDiscoveryIsNotForgotten() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.losesCpu().isStillOnCpu(true);
        machine.loseMessages(0);
        follow();
        machine.swap();
        assertEquals("", machine.pass());
        a.isStillOnCpu(false);
        machine.advance(machine.waitUntilNs() - machine.now());
        assertEquals("1=A", machine.pass());
    }

    @Test
    void outcomesThatTheOldLeaderWaitedForReachTheNewOne() {
        machine.delayOutcomes();
        machine.enter("A");
        machine.enter("B");
        machine.enter("C");
        machine.pass();
        follow();
        machine.swap();
        machine.deliverOutcomes();
        assertEquals("", machine.pass());
        assertEquals("1=A 2=B", machine.running());
    }

    @Test
    void aPolicyThatGetsTheLeadBackIsUpToDate() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        follow();
        machine.swap();
        ScriptedTask b = machine.enter("B");
        assertEquals("2=B", machine.pass());
        a.blocks();
        ScriptedTask c = machine.enter("C");
        assertEquals("1=C", machine.pass());
        b.departs();
        machine.swap();
        machine.enter("D");
        assertEquals("2=D", machine.pass());
        c.blocks();
        a.wakes();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void lostMessagesAreMadeGoodByDiscovery() {
        ScriptedTask a = machine.enter("A");
        ScriptedTask b = machine.enter("B");
        ScriptedTask c = machine.enter("C");
        machine.pass();
        a.blocks();
        b.losesCpu();
        machine.enter("D");
        machine.loseMessages(0);
        machine.resync();
        assertEquals("1=C 2=B", machine.pass());
        c.blocks();
        assertEquals("1=D", machine.pass());
        a.wakes();
        b.blocks();
        assertEquals("2=A", machine.pass());
    }

    @Test
    void aTaskWhoseEndWasLostIsForgotten() {
        ScriptedTask a = machine.enter("A");
        machine.enter("B");
        machine.pass();
        a.departs();
        machine.loseMessages(0);
        machine.resync();
        machine.enter("C");
        assertEquals("1=C", machine.pass());
    }

    @Test
    void anOldMessageAfterDiscoveryIsIgnored() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.blocks().wakes();
        machine.resync();
        assertEquals("1=A", machine.pass());
    }

    @Test
    void discoveryDoesNotTearRunningTasksFromTheirCpus() {
        machine.enter("A");
        machine.enter("B");
        machine.pass();
        machine.resync();
        machine.enter("C");
        assertEquals("", machine.pass());
        assertEquals("1=A 2=B", machine.running());
    }

    @Test
    void aReusedStatusWordIsAnotherTask() {
        ScriptedTask a = machine.enter("A");
        machine.pass();
        a.departs();
        machine.pass();
        ScriptedTask b = machine.enter("B");
        assertEquals("1=B", machine.pass());
        assertEquals(1, b.cpu());
    }
}
