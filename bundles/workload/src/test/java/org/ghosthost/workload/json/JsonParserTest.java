package org.ghosthost.workload.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.ghosthost.workload.WorkloadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonParserTest {

    private static JsonValue.ObjectValue parse(final String text) {
        return JsonParser.parse("f", text.getBytes(StandardCharsets.UTF_8));
    }

    private static String errorOf(final String text) {
        return assertThrows(WorkloadException.class, () -> parse(text)).getMessage();
    }

    @Test
    void membersKeepTheirOrderTheirNamesTwiceAndTheirPlaces() {
        final List<JsonValue.Member> members = parse("""
                // first
                {"a": 1, /* in
                  between */ "b": [true, null, "x\\u0041\\n",], "a": -20,
                  "bare", "c": {},
                }""").members();
        assertEquals(List.of("a", "b", "a", "bare", "c"), members.stream().map(JsonValue.Member::name).toList());
        assertEquals(new JsonValue.WholeValue(2, 7, 1), members.get(0).value());
        assertEquals(new JsonValue.TextValue(3, 32, "xA\n"),
                assertInstanceOf(JsonValue.ListValue.class, members.get(1).value()).elements().get(2));
        assertEquals(new JsonValue.WholeValue(3, 52, -20), members.get(2).value());
        assertEquals(new JsonValue.NullValue(4, 3), members.get(3).value());
        assertEquals(new JsonValue.ObjectValue(4, 16, List.of()), members.get(4).value());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "[1]|f:1:1: expected '{', the start of the file's one object, found \"[\"",
        "{\"a\": 1|f:1:8: expected ',' or '}', found the end of the file",
        "{\"a\": 1 \"b\": 2}|f:1:9: expected ',' or '}', found \"\"\"",
        "{\"a\" 1}|f:1:6: expected ':' after the name \"a\", found \"1\"",
        "{a: 1}|f:1:2: expected a name in quotes or '}', found \"a\"",
        "{\"a\": 1} x|f:1:10: the object ends above, but \"x\" follows; remove it",
        "{\"a\": [1 2]}|f:1:10: expected ',' or ']', found \"2\"",
        "{\"a\": tru}|f:1:7: expected a value, found \"tru\"",
        "{\"a\": }|f:1:7: expected a value, found \"}\"",
        "{\"a\": -}|f:1:7: not a number: \"-\"",
        "{\"a\": 1e5x}|f:1:10: expected ',' or '}', found \"x\"",
        "{\"a\": 1e}|f:1:7: not a number: \"1e\"",
        "{\"a\": 1234567890123456789}|f:1:7: the number \"1234567890123456789\" is too large",
        "{\"a\": \"b|f:1:7: this text has no closing '\"' on its line",
        "{\"a\": \"\\q\"}|f:1:9: unknown escape after '\\': \"q\"",
        "{\"a\": \"\\u12g4\"}|f:1:12: expected four hexadecimal digits after '\\u', found \"g\"",
        "{ /* |f:1:3: this comment has no closing \"*/\"",
        "{ / }|f:1:3: expected a comment after '/'",
    })
    void aMistakeIsNamedWithItsPlace(final String text, final String sentence) {
        assertEquals(sentence, errorOf(text));
    }

    @Test
    void aMillionNestedValuesAreRefused() {
        assertEquals("f:1:38: values nest deeper than 32; no rt-app file does that", errorOf("{\"a\":"
                + " " + "[".repeat(1_000_000)));
        assertEquals("f:1:161: values nest deeper than 32; no rt-app file does that",
                errorOf("{\"a\":".repeat(1_000_000)));
    }

    @Test
    void endlessTextsNumbersAndListsAreRefused() {
        assertEquals("f:1:7: this text is longer than 1000 characters; shorten it",
                errorOf("{\"a\": \"" + "x".repeat(1_000_000)));
        assertEquals("f:1:7: not a number: \"" + "1".repeat(60) + "...\"", errorOf("{\"a\": " + "1".repeat(1_000_000)));
        assertEquals("f:1:1000006: more than 500000 values; make the file smaller",
                errorOf("{\"a\": [" + "1,".repeat(1_000_000)));
    }

    @Test
    void bytesThatAreNoTextAreRefused() {
        assertEquals("f: not a text in UTF-8; save it as one",
                assertThrows(WorkloadException.class, () -> JsonParser.parse("f", new byte[] {'{', (byte) 0xff, '}'}))
                        .getMessage());
    }
}
