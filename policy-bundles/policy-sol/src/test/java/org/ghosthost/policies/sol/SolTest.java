package org.ghosthost.policies.sol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.ScriptedMachine;
import org.ghosthost.testkit.ScriptedTask;
import org.junit.jupiter.api.Test;

/** What the policy decides, step by step. CPU 0 is the global agent's. */
class SolTest {
    private final ScriptedMachine machine = ScriptedMachine.of(new Sol(), PolicyModel.GLOBAL, 2);

    @Test
    void tasksAreServedFirstComeFirstServed() {
        machine.enter("A");
        machine.enter("B");
        assertEquals("1=A", machine.pass());
        machine.blockAll();
        assertEquals("1=B", machine.pass());
    }

    @Test
    void aCpuWhoseDecisionIsNotKnownYetGetsNoOther() {
        machine.delayOutcomes();
        machine.enter("A");
        machine.pass();
        ScriptedTask b = machine.enter("B");
        assertEquals("", machine.pass());
        assertEquals(-1, b.cpu());
    }
}
