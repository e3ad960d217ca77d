package org.ghosthost.kernel.schedext;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.enclave.kernel.KernelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SchedExtOptionsTest {
    @Test
    void eachOptionIsTaken() throws KernelException {
        SchedExtOptions options = SchedExtOptions.of(Map.of("status-words", "64", "heartbeat-ms", "20", "spin-us", "7",
                "fifo-slice-us", "100", "lock-memory", "0", "self-test", "0", "libbpf", "/opt/libbpf.so"));
        assertEquals(new SchedExtOptions(64, 20, 7, 100, false, false, "/opt/libbpf.so"), options);
        assertTrue(SchedExtOptions.of(Map.of()).selfTest());
        assertFalse(SchedExtOptions.of(Map.of("self-test", "0")).selfTest());
    }

    @ParameterizedTest
    @CsvSource({"status-words,63", "status-words,65537", "heartbeat-ms,19", "heartbeat-ms,60001", "spin-us,-1",
        "spin-us,1000001", "fifo-slice-us,99", "lock-memory,2", "self-test,yes", "hartbeat-ms,100", "pin,1"})
    void aWrongNameOrValueIsRefusedByOneSentenceThatNamesIt(String name, String value) {
        KernelException refused = assertThrows(KernelException.class, () -> SchedExtOptions.of(Map.of(name, value)));
        String sentence = String.valueOf(refused.getMessage());
        assertEquals(1, sentence.lines().count());
        assertTrue(sentence.contains(name), sentence);
    }
}
