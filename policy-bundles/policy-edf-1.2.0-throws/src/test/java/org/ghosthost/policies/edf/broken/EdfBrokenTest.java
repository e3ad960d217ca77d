package org.ghosthost.policies.edf.broken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.ghosthost.policy.PolicyModel;
import org.ghosthost.testkit.ScriptedMachine;
import org.junit.jupiter.api.Test;

class EdfBrokenTest {
    @Test
    void itDecidesForAWhileAndThenThrows() {
        ScriptedMachine machine = ScriptedMachine.of(new EdfBroken(), PolicyModel.GLOBAL, 2);
        machine.enter("A");
        assertEquals("1=A", machine.pass());
        for (int i = 1; i < EdfBroken.SOUND_PASSES; i++) {
            machine.pass();
        }
        assertThrows(IllegalStateException.class, machine::pass);
    }
}
