package org.ghosthost.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code bin/ghost} with JDKs that only print how they were started. */
final class LauncherTest {

    private static final Path SCRIPT = Path.of("src/main/bin/ghost");

    /** A release that no machine has installed, so that only the JDKs of a test can be found. */
    private static final int FUTURE = 900;

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path launcher;

    private record Outcome(int status, List<String> out, List<String> err) {
        String property(String name) {
            String prefix = "-D" + name + "=";
            return out.stream().filter(line -> line.startsWith(prefix)).findFirst().orElseThrow()
                    .substring(prefix.length());
        }

        String jdk() {
            return out.getFirst();
        }
    }

    @BeforeEach
    void install() throws IOException {
        folder = folder.toRealPath();
        launcher = folder.resolve("pro duct/bin/ghost");
        Files.createDirectories(launcher.getParent());
        executable(launcher, Files.readString(SCRIPT).replace("oldest=25\n", "oldest=" + FUTURE + "\n"));
        Files.createDirectories(folder.resolve("home"));
        environment.put("HOME", folder.resolve("home").toString());
        environment.put("PATH", "/usr/bin:/bin");
    }

    @Test
    void theJdkOfJavaHomeComesFirst() throws Exception {
        Path jdk = jdk("chosen", FUTURE + ".0.1");
        jdk("home/.jdks/other", FUTURE + 1 + "");
        environment.put("JAVA_HOME", jdk.toString());
        assertEquals(jdk.toString(), run(launcher).jdk());
    }

    @Test
    void anOldJavaHomeIsPassedOverForTheJavaOnThePath() throws Exception {
        Path jdk = jdk("jvm", FUTURE + 1 + "-ea");
        Path path = Files.createDirectories(folder.resolve("path"));
        Path alternative = Files.createSymbolicLink(folder.resolve("alternative"), jdk.resolve("bin/java"));
        Files.createSymbolicLink(path.resolve("java"), alternative);
        environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
        environment.put("PATH", path + ":/usr/bin:/bin");
        assertEquals(jdk.toString(), run(launcher).jdk());
    }

    @Test
    void aJdkInOneOfTheUsualFoldersIsFound() throws Exception {
        jdk("home/.jdks/old", "21.0.2");
        Path jdk = jdk("home/.sdkman/candidates/java/new one", FUTURE + "");
        assertEquals(jdk.toString(), run(launcher).jdk());
    }

    @Test
    void withoutAJdkOneSentenceSaysWhatToInstall() throws Exception {
        environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
        Outcome outcome = run(launcher, "--version");
        assertEquals(1, outcome.status());
        assertEquals(List.of(), outcome.out());
        assertEquals(
                List.of("ghost: no JDK 900 or newer was found: install one, for instance Temurin 900, "
                        + "or set JAVA_HOME to its folder"),
                outcome.err());
    }

    @Test
    void itRunsFromAnyFolderThroughRelativeAndAbsoluteLinks() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "").toString());
        environment.put("CDPATH", folder.toString());
        Path elsewhere = Files.createDirectories(folder.resolve("else where"));
        Path relative = Files.createSymbolicLink(elsewhere.resolve("relative"), Path.of("../pro duct/bin/ghost"));
        Path absolute = Files.createSymbolicLink(elsewhere.resolve("absolute"), relative);
        for (Path command : List.of(launcher, relative, absolute, Path.of("./relative"))) {
            Outcome outcome = runIn(elsewhere, command);
            assertEquals(folder.resolve("pro duct").toString(), outcome.property("ghost.home"), command.toString());
            assertEquals(elsewhere.toString(), outcome.out().getLast(), "the caller's folder, by " + command);
        }
    }

    @Test
    void argumentsAndExitStatusPassUnchanged() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "").toString());
        Outcome outcome = run(launcher, "exec", "ghost:status  --json", "*", "");
        assertEquals(7, outcome.status());
        int main = outcome.out().indexOf("org.ghosthost.host.Main");
        assertEquals(List.of("exec", "ghost:status  --json", "*", ""),
                outcome.out().subList(main + 1, outcome.out().size() - 1));
    }

    @Test
    void aLauncherThatWasPushedBecomesTheCommand() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "", 100).toString());
        Outcome outcome = run(launcher, "push", "1", "--", "sh", "-c", "echo $$ \"$1\"; exit 5", "--", "a  b");
        assertEquals(5, outcome.status());
        assertEquals(outcome.property("ghost.launcher") + " a  b", outcome.out().getLast());
    }

    @Test
    void aRefusedPushStartsNothing() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "").toString());
        Outcome outcome = run(launcher, "push", "1", "--", "sh", "-c", "echo started");
        assertEquals(7, outcome.status());
        assertFalse(outcome.out().contains("started"));
    }

    @Test
    void onlyPushStartsCommands() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "", 100).toString());
        assertEquals(100, run(launcher, "exec", "--", "sh", "-c", "exit 5").status());
        assertEquals(100, run(launcher, "push", "1", "--pid", "1").status());
    }

    @Test
    void theUsersCollectorReplacesOurs() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", FUTURE + "").toString());
        assertTrue(run(launcher).out().contains("-XX:+UseSerialGC"));
        environment.put("GHOST_JAVA_OPTS", "-XX:+UseZGC -Xint");
        List<String> flags = run(launcher).out();
        assertTrue(flags.containsAll(List.of("-XX:+UseZGC", "-Xint")), flags.toString());
        assertFalse(flags.contains("-XX:+UseSerialGC"), flags.toString());
    }

    private Path jdk(String name, String version) throws IOException {
        return jdk(name, version, 7);
    }

    private Path jdk(String name, String version, int status) throws IOException {
        Path jdk = folder.resolve(name);
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(jdk.resolve("bin/java"), "#!/bin/sh\nprintf '%s\\n' \"" + jdk + "\" \"$@\"\npwd\nexit "
                + status + "\n");
        return jdk;
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Outcome run(Path command, String... arguments) throws IOException, InterruptedException {
        return runIn(folder, command, arguments);
    }

    private Outcome runIn(Path directory, Path command, String... arguments)
            throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", "exec \"$0\" \"$@\"", command.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.directory(directory.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "the launcher hangs");
        return new Outcome(process.exitValue(), Files.readAllLines(out, UTF_8), Files.readAllLines(err, UTF_8));
    }
}
