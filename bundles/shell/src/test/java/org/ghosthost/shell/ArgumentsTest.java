package org.ghosthost.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ArgumentsTest {
    private static Arguments parse(String... words) throws ShellException {
        return Arguments.parse("create CPUS [--id ID]", Set.of("--id"), words);
    }

    private static String refusal(String... words) {
        return assertThrows(ShellException.class, () -> parse(words)).getMessage();
    }

    @Test
    void optionsMayStandAnywhere() throws Exception {
        Arguments arguments = parse("--json", "0-3", "--id", "7", "rest");
        assertTrue(arguments.json());
        assertFalse(arguments.help());
        assertEquals("7", arguments.option("--id", "0"));
        assertFalse(arguments.nextIsNumber());
        assertEquals("0-3", arguments.next("which CPUs"));
        assertEquals(List.of("rest"), arguments.rest());
        arguments.end();
    }

    @Test
    void whatIsWrongIsSaidWithTheUsage() throws Exception {
        assertEquals("unknown option '--size'; usage: create CPUS [--id ID]", refusal("--size", "3"));
        assertEquals("option '--id' needs a value; usage: create CPUS [--id ID]", refusal("0-3", "--id"));
        Arguments none = parse();
        assertEquals("say which CPUs; usage: create CPUS [--id ID]",
                assertThrows(ShellException.class, () -> none.next("which CPUs")).getMessage());
        Arguments many = parse("1", "2");
        many.next("a number");
        assertEquals("'2' is too much; usage: create CPUS [--id ID]",
                assertThrows(ShellException.class, many::end).getMessage());
    }

    @Test
    void aNumberIsANumber() throws Exception {
        assertEquals(7, parse("7").nextNumber("the number"));
        Arguments word = parse("seven");
        assertEquals("not a number: 'seven' for the number",
                assertThrows(ShellException.class, () -> word.nextNumber("the number")).getMessage());
        Arguments large = parse("99999999999");
        assertFalse(large.nextIsNumber());
        assertThrows(ShellException.class, () -> large.nextNumber("the number"));
    }

    @Test
    void theWordNullIsAWord() throws Exception {
        assertEquals("null", parse((String) null).next("a word"));
    }
}
