package org.ghosthost.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of sections and entries, with the line of each and everything that is wrong with it:
 *
 * <pre>
 *  # a comment
 *  [kind argument]
 *  key = value
 * </pre>
 *
 * White space around keys and values does not count; a value goes to the end of its line and has no quotes.
 */
final class ConfigFile {
    private static final int MAX_BYTES = 1 << 18;
    private static final int MAX_PROBLEMS = 20;

    private final Path path;
    private final List<Section> sections = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /** A line {@code key = value}. */
    record Entry(String key, String value, int line) {}

    /** What follows a line {@code [kind argument]}. */
    record Section(String kind, String argument, int line, Map<String, Entry> entries) {
        /** The value of a key; null if it is not there. */
        @Nullable Entry entry(String key) {
            return entries.get(key);
        }
    }

    private ConfigFile(Path path) {
        this.path = path;
    }

    /**
     * Reads a file; what is wrong in it is kept until {@link #check}.
     *
     * @throws GhostException if it cannot be read, or others can change it
     */
    static ConfigFile read(Path file) throws GhostException {
        try {
            Owner.checkSource(file);
            if (Files.size(file) > MAX_BYTES) {
                throw new GhostException(file + " is larger than " + MAX_BYTES + " bytes");
            }
            ConfigFile config = new ConfigFile(file);
            config.parse(Files.readString(file, StandardCharsets.UTF_8).lines().toList());
            return config;
        } catch (IOException e) {
            throw new GhostException("cannot read " + file + ": " + Sentences.of(e));
        }
    }

    private void parse(List<String> lines) {
        Section section = null;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                section = section(line, i + 1);
            } else if (section == null) {
                problem(i + 1, "a line [host] or [enclave ID] comes before the first entry");
            } else {
                entry(section, line, i + 1);
            }
        }
    }

    private Section section(String line, int number) {
        if (!line.endsWith("]")) {
            problem(number, "the bracket is not closed");
        }
        String[] words = line.replaceAll("[\\[\\]]", " ").strip().split("\\s+", 2);
        Section section = new Section(words[0], words.length < 2 ? "" : words[1], number, new LinkedHashMap<>());
        for (Section other : sections) {
            if (other.kind.equals(section.kind) && other.argument.equals(section.argument)) {
                problem(number, "there is a section " + name(section) + " in line " + other.line + " already");
            }
        }
        sections.add(section);
        return section;
    }

    private void entry(Section section, String line, int number) {
        int equals = line.indexOf('=');
        if (equals <= 0) {
            problem(number, "not an entry: it should read KEY = VALUE");
            return;
        }
        Entry entry = new Entry(line.substring(0, equals).strip(), line.substring(equals + 1).strip(), number);
        if (entry.value.isEmpty()) {
            problem(number, "'" + entry.key + "' has no value");
            return;
        }
        Entry before = section.entries.putIfAbsent(entry.key, entry);
        if (before != null) {
            problem(number, "'" + entry.key + "' was set in line " + before.line + " already");
        }
    }

    /** A section as it is written. */
    static String name(Section section) {
        return "[" + (section.kind + " " + section.argument).strip() + "]";
    }

    Path path() {
        return path;
    }

    List<Section> sections() {
        return sections;
    }

    /** A place in the file, for people. */
    String at(int line) {
        return path + ":" + line;
    }

    /** Notes what is wrong in a line. */
    void problem(int line, String sentence) {
        problems.add(at(line) + ": " + sentence);
    }

    /** Throws if anything is wrong: all of it, a sentence a line. */
    void check() throws GhostException {
        if (!problems.isEmpty()) {
            List<String> told = problems.subList(0, Math.min(MAX_PROBLEMS, problems.size()));
            throw new GhostException(String.join(System.lineSeparator() + "ghost: ", told));
        }
    }
}
