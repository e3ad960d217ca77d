package org.ghosthost.enclave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyVersionTest {
    @Test
    void versionsAreOrderedByNumbersAndThenByQualifier() {
        List<String> ordered = List.of("0.0.0", "0.9.0", "0.10.0", "1.0.0", "1.0.0.alpha", "1.0.0.beta", "1.0.1",
                "1.2.0", "1.10.0", "2.0.0", "10.0.0");
        List<String> shuffled = new ArrayList<>(ordered);
        Collections.shuffle(shuffled, new Random(1));
        List<String> sorted = shuffled.stream().map(PolicyVersion::parse).sorted().map(PolicyVersion::toString)
                .toList();
        assertEquals(ordered, sorted);
    }

    @ParameterizedTest
    @CsvSource({"1,1.0.0", "1.2,1.2.0", "1.2.3,1.2.3", "1.2.3.rc-1_b,1.2.3.rc-1_b", "007,7.0.0",
            "999999999.999999999.999999999,999999999.999999999.999999999"})
    void whatIsNotSaidIsZero(String text, String whole) {
        assertEquals(whole, PolicyVersion.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "1.", ".1", "1..2", "v1", "1.2.x", "1.2.3.", "1.2.3.4.5", "1.2.3.a b", "-1",
            "1.2.3-SNAPSHOT", "9999999999", "1\n"})
    void whatIsNoVersionIsRefusedAndQuoted(String text) {
        var refused = assertThrows(IllegalArgumentException.class, () -> PolicyVersion.parse(text));
        assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
    }

    @Test
    void equalVersionsAreOneVersion() {
        assertEquals(PolicyVersion.parse("1.2"), PolicyVersion.parse("1.2.0"));
        assertEquals(0, PolicyVersion.parse("1.2").compareTo(PolicyVersion.parse("1.2.0")));
    }
}
