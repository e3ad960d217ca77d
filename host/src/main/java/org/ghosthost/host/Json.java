package org.ghosthost.host;

import java.util.List;
import java.util.stream.Collectors;

/** One flat JSON object, written member by member. */
final class Json {
    private final StringBuilder text = new StringBuilder("{");

    Json add(String name, String value) {
        return raw(name, quote(value));
    }

    Json add(String name, long value) {
        return raw(name, Long.toString(value));
    }

    Json add(String name, List<String> values) {
        return raw(name, values.stream().map(Json::quote).collect(Collectors.joining(", ", "[", "]")));
    }

    private Json raw(String name, String value) {
        text.append(text.length() > 1 ? ", " : "").append(quote(name)).append(": ").append(value);
        return this;
    }

    private static String quote(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
