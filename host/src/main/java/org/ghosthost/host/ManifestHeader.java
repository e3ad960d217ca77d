package org.ghosthost.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the headers of an OSGi manifest: {@code path;path;attribute=value;directive:="value", …}. */
final class ManifestHeader {
    /**
     * One element of a header.
     *
     * @param paths what is imported, exported, required or provided
     * @param attributes values by name; a type such as in {@code needs:List<String>="a,b"} is left out
     * @param directives values by name
     */
    record Clause(List<String> paths, Map<String, String> attributes, Map<String, String> directives) {}

    private ManifestHeader() {}

    /**
     * Returns the elements of a header; none if there is no such header.
     *
     * @throws GhostException if a quote is open or an element has no path
     */
    static List<Clause> parse(@Nullable String header) throws GhostException {
        List<Clause> clauses = new ArrayList<>();
        for (String text : split(header == null ? "" : header, ',')) {
            if (!text.isBlank()) {
                clauses.add(clause(text));
            }
        }
        return clauses;
    }

    private static Clause clause(String text) throws GhostException {
        List<String> paths = new ArrayList<>();
        Map<String, String> attributes = new LinkedHashMap<>();
        Map<String, String> directives = new LinkedHashMap<>();
        for (String part : split(text, ';')) {
            int equals = part.indexOf('=');
            if (part.isBlank()) {
                continue;
            }
            if (equals < 0) {
                paths.add(part.strip());
            } else if (part.charAt(Math.max(0, equals - 1)) == ':') {
                directives.put(part.substring(0, equals - 1).strip(), unquote(part.substring(equals + 1)));
            } else {
                String name = part.substring(0, equals).strip();
                int colon = name.indexOf(':');
                attributes.put(colon < 0 ? name : name.substring(0, colon), unquote(part.substring(equals + 1)));
            }
        }
        if (paths.isEmpty()) {
            throw new GhostException("its manifest has an element without a name: " + text.strip());
        }
        return new Clause(paths, attributes, directives);
    }

    private static List<String> split(String text, char separator) throws GhostException {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && quoted) {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        if (quoted) {
            throw new GhostException("its manifest has an open quote: " + text.strip());
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static String unquote(String text) {
        String value = text.strip();
        if (value.length() < 2 || value.charAt(0) != '"') {
            return value;
        }
        return value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1");
    }
}
