package org.ghosthost.shell;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Rows of values under one head: aligned columns for people, JSON for programs. */
final class Table {
    /** A time: {@code 12 us} for people, a number of nanoseconds for programs; negative = there is none. */
    record Ns(long ns) {
        @Override
        public String toString() {
            if (ns < 0) {
                return "-";
            }
            if (ns < 10_000) {
                return ns + " ns";
            }
            if (ns < 10_000_000) {
                return ns / 1_000 + " us";
            }
            return ns < 10_000_000_000L ? ns / 1_000_000 + " ms" : ns / 1_000_000_000 + " s";
        }
    }

    private final List<String> keys;
    private final List<List<@Nullable Object>> rows = new ArrayList<>();

    /** A table with these columns, named as JSON names them; people see blanks for underscores. */
    Table(String... keys) {
        this.keys = List.of(keys);
    }

    /** Adds a row: numbers, texts, {@link Ns}, lists and maps; null = nothing. */
    Table add(@Nullable Object... cells) {
        if (cells.length != keys.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + keys.size() + " columns");
        }
        List<@Nullable Object> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell);
        }
        rows.add(row);
        return this;
    }

    /** Whether it has no rows. */
    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** All rows under one head. */
    String text() {
        int[] width = new int[keys.size()];
        for (int c = 0; c < width.length; c++) {
            width[c] = head(keys.get(c)).length();
            for (List<@Nullable Object> row : rows) {
                width[c] = Math.max(width[c], text(row.get(c)).length());
            }
        }
        StringBuilder out = new StringBuilder();
        line(out, width, keys.stream().map(Table::head).toList(), rows.isEmpty() ? List.of() : rows.getFirst());
        for (List<@Nullable Object> row : rows) {
            out.append('\n');
            line(out, width, row.stream().map(Table::text).toList(), row);
        }
        return out.toString();
    }

    private static void line(
            StringBuilder out, int[] width, List<String> cells, List<? extends @Nullable Object> like) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < width.length; c++) {
            boolean right = c < like.size() && (like.get(c) instanceof Number || like.get(c) instanceof Ns);
            String blanks = " ".repeat(width[c] - cells.get(c).length());
            line.append(c == 0 ? "" : "  ").append(right ? blanks + cells.get(c) : cells.get(c) + blanks);
        }
        out.append(line.toString().stripTrailing());
    }

    /** Each row as a block of lines, one value a line. */
    String details() {
        int width = keys.stream().mapToInt(String::length).max().orElse(0);
        return rows.stream().map(row -> {
            StringBuilder block = new StringBuilder();
            for (int c = 0; c < keys.size(); c++) {
                String head = head(keys.get(c));
                block.append(c == 0 ? "" : "\n").append(head).append(" ".repeat(width + 2 - head.length()))
                        .append(text(row.get(c)));
            }
            return block.toString();
        }).collect(Collectors.joining("\n\n"));
    }

    private static String head(String key) {
        return key.replaceFirst("_ns$", "").replace('_', ' ');
    }

    private static String text(@Nullable Object cell) {
        return switch (cell) {
            case null -> "-";
            case Map<?, ?> map -> map.entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
                    .collect(Collectors.joining(", "));
            case Collection<?> values -> values.stream().map(String::valueOf).collect(Collectors.joining(", "));
            case Boolean yes -> yes ? "yes" : "no";
            default -> cell.toString();
        };
    }

    /** A JSON array of one object for each row. */
    String json() {
        return rows.stream().map(this::object).collect(Collectors.joining(",\n ", "[", "]"));
    }

    /** The only row as a JSON object. */
    String jsonObject() {
        return object(rows.getFirst());
    }

    private String object(List<@Nullable Object> row) {
        StringBuilder out = new StringBuilder("{");
        for (int c = 0; c < keys.size(); c++) {
            out.append(c == 0 ? "" : ", ").append(quote(keys.get(c))).append(": ").append(value(row.get(c)));
        }
        return out.append('}').toString();
    }

    private static String value(@Nullable Object cell) {
        return switch (cell) {
            case null -> "null";
            case Ns time -> Long.toString(time.ns());
            case Number number -> number.toString();
            case Boolean yes -> yes.toString();
            case Map<?, ?> map -> map.entrySet().stream().map(e -> quote(e.getKey().toString()) + ": "
                    + value(e.getValue())).collect(Collectors.joining(", ", "{", "}"));
            case Collection<?> values -> values.stream().map(Table::value).collect(Collectors.joining(", ", "[", "]"));
            default -> quote(cell.toString());
        };
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return out.append('"').toString();
    }
}
