package org.ghosthost.workload.json;

import static org.ghosthost.workload.WorkloadException.quote;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.ghosthost.workload.WorkloadException;

/** Reads one JSON object from the bytes of a file, within fixed bounds of depth, count and length. */
public final class JsonParser {
    /** How deep values may nest; an rt-app file needs six. */
    public static final int MAX_DEPTH = 32;

    /** How many values a file may hold. */
    public static final int MAX_VALUES = 500_000;

    /** How many characters a text or name may have. */
    public static final int MAX_TEXT = 1_000;

    private static final char END = '\0';

    private final String file;
    private final String text;
    private int at;
    private int line = 1;
    private int lineStart;
    private int values;

    private JsonParser(final String file, final String text) {
        this.file = file;
        this.text = text;
    }

    /**
     * Parses {@code bytes}.
     *
     * @param file the file's name, for messages
     * @throws WorkloadException if the bytes are not one JSON object within the bounds
     */
    public static JsonValue.ObjectValue parse(final String file, final byte[] bytes) {
        final JsonParser parser = new JsonParser(file, decode(file, bytes));
        parser.skipBlank();
        if (parser.peek() != '{') {
            throw parser.error("expected '{', the start of the file's one object, found " + parser.found());
        }
        final JsonValue.ObjectValue root = parser.object(1);
        parser.skipBlank();
        if (parser.at < parser.text.length()) {
            throw parser.error("the object ends above, but " + parser.found() + " follows; remove it");
        }
        return root;
    }

    private static String decode(final String file, final byte[] bytes) {
        try {
            final String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new WorkloadException(file + ": not a text in UTF-8; save it as one");
        }
    }

    private JsonValue value(final int depth) {
        if (++values > MAX_VALUES) {
            throw error("more than " + MAX_VALUES + " values; make the file smaller");
        }
        final char c = peek();
        if (c == '{') {
            return object(depth + 1);
        } else if (c == '[') {
            return array(depth + 1);
        } else if (c == '"') {
            final int column = column();
            return new JsonValue.TextValue(line, column, string());
        } else if (c == '-' || isDigit(c)) {
            return number();
        }
        return word();
    }

    private JsonValue.ObjectValue object(final int depth) {
        checkDepth(depth);
        final int startLine = line;
        final int startColumn = column();
        final List<JsonValue.Member> members = new ArrayList<>();
        at++;
        while (true) {
            skipBlank();
            if (peek() == '}') {
                at++;
                return new JsonValue.ObjectValue(startLine, startColumn, members);
            } else if (peek() != '"') {
                throw error("expected a name in quotes or '}', found " + found());
            }
            members.add(member(depth));
            skipBlank();
            if (peek() == ',') {
                at++;
            } else if (peek() != '}') {
                throw error("expected ',' or '}', found " + found());
            }
        }
    }

    private JsonValue.Member member(final int depth) {
        final int nameLine = line;
        final int nameColumn = column();
        final String name = string();
        skipBlank();
        if (peek() == ',' || peek() == '}') {
            return new JsonValue.Member(nameLine, nameColumn, name, new JsonValue.NullValue(nameLine, nameColumn));
        } else if (peek() != ':') {
            throw error("expected ':' after the name " + quote(name) + ", found " + found());
        }
        at++;
        skipBlank();
        return new JsonValue.Member(nameLine, nameColumn, name, value(depth));
    }

    private JsonValue.ListValue array(final int depth) {
        checkDepth(depth);
        final int startLine = line;
        final int startColumn = column();
        final List<JsonValue> elements = new ArrayList<>();
        at++;
        while (true) {
            skipBlank();
            if (peek() == ']') {
                at++;
                return new JsonValue.ListValue(startLine, startColumn, elements);
            }
            elements.add(value(depth));
            skipBlank();
            if (peek() == ',') {
                at++;
            } else if (peek() != ']') {
                throw error("expected ',' or ']', found " + found());
            }
        }
    }

    private void checkDepth(final int depth) {
        if (depth > MAX_DEPTH) {
            throw error("values nest deeper than " + MAX_DEPTH + "; no rt-app file does that");
        }
    }

    private String string() {
        final StringBuilder content = new StringBuilder();
        final int start = at++;
        while (true) {
            final char c = peek();
            if (c == '"') {
                at++;
                return content.toString();
            } else if (c == '\n' || c == '\r' || at >= text.length()) {
                at = start;
                throw error("this text has no closing '\"' on its line");
            } else if (content.length() == MAX_TEXT) {
                at = start;
                throw error("this text is longer than " + MAX_TEXT + " characters; shorten it");
            }
            at++;
            content.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        final char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> {
                at--;
                throw error("unknown escape after '\\': " + found());
            }
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            final int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw error("expected four hexadecimal digits after '\\u', found " + found());
            }
            code = code * 16 + digit;
            at++;
        }
        return (char) code;
    }

    private JsonValue number() {
        final int start = at;
        final int column = column();
        boolean whole = true;
        for (char c = peek(); isNumberPart(c); c = peek()) {
            whole &= c == '-' || isDigit(c);
            at++;
        }
        final String digits = text.substring(start, at);
        at = start;
        final JsonValue number = whole ? wholeNumber(digits, column) : fraction(digits, column);
        at = start + digits.length();
        return number;
    }

    private JsonValue wholeNumber(final String digits, final int column) {
        if (!digits.matches("-?\\d{1,400}")) {
            throw error("not a number: " + quote(digits));
        } else if (digits.length() > 18) {
            throw error("the number " + quote(digits) + " is too large");
        }
        return new JsonValue.WholeValue(line, column, Long.parseLong(digits));
    }

    private JsonValue fraction(final String digits, final int column) {
        if (digits.length() > 40 || !digits.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) {
            throw error("not a number: " + quote(digits));
        }
        return new JsonValue.FractionValue(line, column, digits);
    }

    private static boolean isNumberPart(final char c) {
        return isDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    }

    private static boolean isDigit(final char c) {
        return c >= '0' && c <= '9';
    }

    private JsonValue word() {
        final int start = at;
        final int column = column();
        while (at < text.length() && at - start < 20 && Character.isLetterOrDigit(peek())) {
            at++;
        }
        final String word = text.substring(start, at);
        return switch (word) {
            case "true", "True" -> new JsonValue.BoolValue(line, column, true);
            case "false", "False" -> new JsonValue.BoolValue(line, column, false);
            case "null" -> new JsonValue.NullValue(line, column);
            default -> {
                at = start;
                throw error("expected a value, found " + (word.isEmpty() ? found() : quote(word)));
            }
        };
    }

    private void skipBlank() {
        while (at < text.length()) {
            final char c = text.charAt(at);
            if (c == '/') {
                skipComment();
            } else if (c == '\n') {
                at++;
                line++;
                lineStart = at;
            } else if (c == ' ' || c == '\t' || c == '\r') {
                at++;
            } else {
                return;
            }
        }
    }

    private void skipComment() {
        if (text.startsWith("//", at)) {
            final int end = text.indexOf('\n', at);
            at = end < 0 ? text.length() : end;
        } else if (text.startsWith("/*", at)) {
            final int end = text.indexOf("*/", at + 2);
            if (end < 0) {
                throw error("this comment has no closing \"*/\"");
            }
            for (int i = text.indexOf('\n', at); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) {
                line++;
                lineStart = i + 1;
            }
            at = end + 2;
        } else {
            throw error("expected a comment after '/'");
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : END;
    }

    private int column() {
        return at - lineStart + 1;
    }

    private String found() {
        if (at >= text.length()) {
            return "the end of the file";
        }
        return quote(String.valueOf(text.charAt(at)));
    }

    private WorkloadException error(final String message) {
        return WorkloadException.at(file, line, column(), message);
    }
}
