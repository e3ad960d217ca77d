package org.ghosthost.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GtidTest {
    @Test
    void aGtidSaysItsPidAndGeneration() {
        long gtid = Gtid.of(4194303, 5);
        assertEquals(4194303, Gtid.pid(gtid));
        assertEquals("4194303/5", Gtid.toString(gtid));
    }

    @Test
    void onlyTheSpecialTargetsHaveNames() {
        assertEquals("<null>", Gtid.toString(Gtid.NULL));
        assertEquals("<agent>", Gtid.toString(Gtid.AGENT));
        assertEquals("<idle>", Gtid.toString(Gtid.IDLE));
        assertEquals("<invalid -4294967297>", Gtid.toString(-4294967297L));
    }

    @Test
    void aPidThatNoKernelGivesIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Gtid.of(0, 1));
        assertThrows(IllegalArgumentException.class, () -> Gtid.of(1 << 22, 1));
    }
}
