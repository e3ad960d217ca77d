package org.ghosthost.shell;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The words of one command: options anywhere, then what is left in its order. */
final class Arguments {
    private final String usage;
    private final Deque<String> words = new ArrayDeque<>();
    private final Map<String, String> options = new TreeMap<>();

    private Arguments(String usage) {
        this.usage = usage;
    }

    /**
     * Sorts words.
     *
     * @param usage how the command is called, for people
     * @param valued options that a value follows
     */
    static Arguments parse(String usage, Set<String> valued, String[] words) throws ShellException {
        Arguments arguments = new Arguments(usage);
        for (int i = 0; i < words.length; i++) {
            String word = String.valueOf(words[i]); // Gogo makes null of the word null
            if (!word.startsWith("--")) {
                arguments.words.add(word);
            } else if (word.equals("--json") || word.equals("--help")) {
                arguments.options.put(word, "");
            } else if (valued.contains(word) && i + 1 < words.length) {
                arguments.options.put(word, words[++i]);
            } else if (valued.contains(word)) {
                throw new ShellException("option '" + word + "' needs a value; usage: " + usage);
            } else {
                throw new ShellException("unknown option '" + word + "'; usage: " + usage);
            }
        }
        return arguments;
    }

    boolean json() {
        return options.containsKey("--json");
    }

    boolean help() {
        return options.containsKey("--help");
    }

    /** Value of an option; {@code otherwise} if it is not given. */
    String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    boolean isEmpty() {
        return words.isEmpty();
    }

    /** Whether the next word is a number. */
    boolean nextIsNumber() {
        return !words.isEmpty() && words.getFirst().matches("\\d{1,9}");
    }

    /** Takes the next word. */
    String next(String what) throws ShellException {
        if (words.isEmpty()) {
            throw new ShellException("say " + what + "; usage: " + usage);
        }
        return words.removeFirst();
    }

    /** Takes the next word, if there is one. */
    String nextOr(String otherwise) {
        return words.isEmpty() ? otherwise : words.removeFirst();
    }

    /** Takes all words that are left. */
    List<String> rest() {
        List<String> rest = new ArrayList<>(words);
        words.clear();
        return rest;
    }

    /** Takes the next word as a number. */
    int nextNumber(String what) throws ShellException {
        return number(next(what), what);
    }

    static int number(String word, String what) throws ShellException {
        try {
            return Integer.parseInt(word);
        } catch (NumberFormatException _) {
            throw new ShellException("not a number: '" + word + "' for " + what);
        }
    }

    /** Checks that every word was taken. */
    void end() throws ShellException {
        if (!words.isEmpty()) {
            throw new ShellException("'" + words.getFirst() + "' is too much; usage: " + usage);
        }
    }
}
