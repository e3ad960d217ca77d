package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Linux with sched_ext in qemu, through {@code distribution/guest/run}; see {@code docs/guest.md}. */
final class Guest {
    private static final Path FOLDER = Path.of("guest").toAbsolutePath();
    private static final Path SCENARIOS = Path.of("src/test/guest").toAbsolutePath();
    private static final Path NOT_RUN = Path.of(System.getProperty("guest.not.run"));
    private static final int PREPARE_S = 600;
    private static final int LONGEST_S = 1500;

    /** How a command in the guest ended. */
    record Outcome(int status, String out, String err) {}

    private Guest() {}

    /**
     * Lets the tests of a class run if there can be a guest. Else they are skipped and the build's last line says so,
     * or they fail with {@code -Dguest=required}.
     */
    static void isNeededBy(Class<?> tests) throws Exception {
        String wish = System.getProperty("guest");
        assertTrue(List.of("required", "optional", "off").contains(wish),
                () -> "-Dguest=" + wish + ": it can be required, optional or off");
        String missing = wish.equals("off") ? "guest: Switched off by -Dguest=off." : missing();
        if (!missing.isEmpty()) {
            assertTrue(!wish.equals("required"), missing);
            note(tests, missing);
            Assumptions.abort(missing);
        }
    }

    /** Runs a command in a guest with these options of {@code run}. */
    static Outcome run(List<String> options, String... command) throws Exception {
        List<String> line = new ArrayList<>(options);
        line.add("--");
        line.addAll(List.of(command));
        return start("run", line, LONGEST_S);
    }

    /** One test for each scenario of a folder; they share one guest with these options of {@code run}. */
    static Stream<DynamicTest> scenarios(String folder, String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of(options));
        line.add(SCENARIOS.resolve(folder).toString());
        Outcome outcome = start("scenarios", line, LONGEST_S);
        TreeMap<String, String> texts = byScenario(outcome.out());
        try (Stream<Path> files = Files.list(SCENARIOS.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".sh")).sorted()
                    .map(name -> folder + "/" + name.replace(".sh", ""))
                    .map(name -> DynamicTest.dynamicTest(name, () -> judge(name, texts.get(name), outcome)))
                    .toList().stream();
        }
    }

    /**
     * One test for each test of JUnit classes, which run in a JVM in the guest. They must be on the class path of the
     * tests of this module, and named so that Maven does not run them outside.
     */
    static Stream<DynamicTest> junit(List<String> options, Class<?>... classes) throws Exception {
        List<String> line = new ArrayList<>(options);
        List<String> path = new ArrayList<>();
        String here = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (String entry : here.split(":", -1)) {
            if (Files.exists(Path.of(entry))) {
                path.add("/guest/classpath/" + path.size() + "-" + Path.of(entry).getFileName());
                line.addAll(List.of("--file", entry + ":" + path.getLast()));
            }
        }
        line.addAll(List.of("--", "java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=deny", "-cp", String.join(":", path), GuestSuite.class.getName()));
        Stream.of(classes).map(Class::getName).forEach(line::add);
        Outcome outcome = start("run", line, LONGEST_S);
        TreeMap<String, String> texts = byScenario(outcome.out());
        List<DynamicTest> tests = new ArrayList<>();
        texts.forEach((name, text) -> tests.add(DynamicTest.dynamicTest(name, () -> judge(name, text, outcome))));
        tests.add(DynamicTest.dynamicTest("end", () -> assertTrue(outcome.out().contains("\n== end: "),
                () -> "the guest ended before: status " + outcome.status() + "\n" + outcome.err() + outcome.out())));
        return tests.stream();
    }

    private static void judge(String name, String text, Outcome outcome) {
        assertTrue(text != null, () -> "the guest ended before: status " + outcome.status() + "\n" + outcome.err()
                + outcome.out());
        String verdict = text.substring(text.lastIndexOf("\n== ") + 1);
        Assumptions.assumeFalse(verdict.startsWith("== " + name + ": skipped"), text);
        assertTrue(verdict.startsWith("== " + name + ": passed"), () -> text + "\n" + outcome.err());
    }

    /** What each scenario printed, from the line {@code == name} to the one with its verdict. */
    private static TreeMap<String, String> byScenario(String out) {
        TreeMap<String, String> texts = new TreeMap<>();
        String name = "";
        for (String line : out.split("\n", -1)) {
            if (line.startsWith("== ") && line.indexOf(':') < 0) {
                name = line.substring("== ".length());
            }
            if (!name.isEmpty()) {
                texts.merge(name, line, (before, next) -> before + "\n" + next);
            }
            if (line.startsWith("== " + name + ": ")) {
                name = "";
            }
        }
        return texts;
    }

    private static String missing() throws Exception {
        Outcome outcome = start("run", List.of("--prepare"), PREPARE_S);
        return outcome.status() == 0 ? "" : outcome.err().strip().lines().reduce("", (first, last) -> last);
    }

    private static Outcome start(String script, List<String> arguments, int timeoutS) throws Exception {
        List<String> command = new ArrayList<>(List.of(FOLDER.resolve(script).toString()));
        command.addAll(arguments);
        Path out = Files.createTempFile("guest", ".out");
        Path err = Files.createTempFile("guest", ".err");
        try {
            Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile())
                    .start();
            if (!process.waitFor(timeoutS, TimeUnit.SECONDS)) {
                process.destroy();
                process.waitFor();
                throw new AssertionError("not done after " + timeoutS + " s: " + command + "\n" + Files.readString(out)
                        + Files.readString(err));
            }
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Extends the line that the build ends with. */
    private static synchronized void note(Class<?> tests, String missing) throws IOException {
        String names = tests.getSimpleName();
        if (Files.exists(NOT_RUN)) {
            names = Files.readString(NOT_RUN).replaceAll("(?s).*\\((.*?)\\).*", "$1") + ", " + names;
        }
        Files.writeString(NOT_RUN, "Not run: the tests in a guest with sched_ext (" + names + "). "
                + missing.replace("guest: ", "") + " To run them: mvn verify -Dguest=required, see"
                + " distribution/docs/guest.md\n", StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }
}
