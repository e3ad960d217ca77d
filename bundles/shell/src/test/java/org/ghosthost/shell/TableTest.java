package org.ghosthost.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TableTest {
    private final Table table = new Table("id", "name", "run_time_ns", "on")
            .add(1, "first", new Table.Ns(12_345), true)
            .add(22, "the \"second\"\n", null, false);

    @Test
    void numbersAndTimesStandOnTheRightAndTextsOnTheLeft() {
        assertEquals("""
                id  name   run time  on
                 1  first     12 us  yes
                22  x             -  no""",
                new Table("id", "name", "run_time_ns", "on").add(1, "first", new Table.Ns(12_345), true)
                        .add(22, "x", new Table.Ns(-1), false).text());
    }

    @Test
    void aTableWithoutRowsIsItsHead() {
        assertEquals("id  name", new Table("id", "name").text());
        assertEquals("[]", new Table("id", "name").json());
    }

    @Test
    void programsGetNanosecondsAndEscapedTexts() {
        assertEquals("""
                [{"id": 1, "name": "first", "run_time_ns": 12345, "on": true},
                 {"id": 22, "name": "the \\"second\\"\\n", "run_time_ns": null, "on": false}]""", table.json());
        assertEquals("{\"id\": 1, \"name\": \"first\", \"run_time_ns\": 12345, \"on\": true}", table.jsonObject());
    }

    @Test
    void controlCharactersAreEscaped() {
        assertEquals("{\"a\": \"\\u0001\\t\\\\\"}", new Table("a").add("\u0001\t\\").jsonObject());
    }

    @Test
    void listsAndMapsNest() {
        Table nested = new Table("needs", "states").add(List.of("a", 2), Map.of("COMPLETE", 7L));
        assertEquals("{\"needs\": [\"a\", 2], \"states\": {\"COMPLETE\": 7}}", nested.jsonObject());
        assertEquals("needs   a, 2\nstates  COMPLETE 7", nested.details());
    }

    @Test
    void timesAreShownInTheUnitThatFits() {
        assertEquals("0 ns", new Table.Ns(0).toString());
        assertEquals("9999 ns", new Table.Ns(9_999).toString());
        assertEquals("10 us", new Table.Ns(10_000).toString());
        assertEquals("10 ms", new Table.Ns(10_000_000).toString());
        assertEquals("10 s", new Table.Ns(10_000_000_000L).toString());
        assertEquals("-", new Table.Ns(-1).toString());
    }

    @Test
    void aRowHasACellForEachColumn() {
        assertThrows(IllegalArgumentException.class, () -> new Table("a", "b").add(1));
    }
}
