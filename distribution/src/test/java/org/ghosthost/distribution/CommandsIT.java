package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.awaitility.Awaitility;
import org.ghosthost.distribution.Product.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of a host: each answers people and programs, and refuses what is wrong in one sentence. */
final class CommandsIT {
    private static final Path POLICIES = Product.HOME.resolve("policies");

    @TempDir
    Path folder;

    private Process host;

    @AfterEach
    void stop() throws Exception {
        if (host != null) {
            host.destroyForcibly().waitFor();
        }
    }

    private String start(String... options) throws Exception {
        Path out = Files.createTempFile(folder, "host", ".out");
        List<String> words = new ArrayList<>(List.of("host", "--workdir", "work", "--json"));
        words.addAll(Arrays.asList(options));
        host = Product.start(folder, out, folder.resolve("host.err"), "", words);
        Awaitility.await().atMost(Product.TIMEOUT_S, TimeUnit.SECONDS)
                .until(() -> Files.readString(out).endsWith("}\n") || !host.isAlive());
        assertTrue(host.isAlive(), Files.readString(folder.resolve("host.err")));
        return Files.readString(out).strip();
    }

    private Outcome ghost(String... words) throws Exception {
        Outcome outcome = Product.run(folder, "", "", List.of(words));
        return new Outcome(outcome.status(), outcome.out().strip(), outcome.err().strip());
    }

    private Outcome exec(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("exec", "--workdir", "work"));
        all.addAll(Arrays.asList(words));
        return ghost(all.toArray(String[]::new));
    }

    private static String ok(Outcome outcome) {
        assertEquals(0, outcome.status(), outcome.toString());
        assertEquals("", outcome.err());
        return outcome.out();
    }

    private static String refused(Outcome outcome) {
        assertTrue(outcome.status() != 0, outcome.toString());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("ghost: "), outcome.err());
        return outcome.err();
    }

    private static void refused(String because, Outcome outcome) {
        assertTrue(refused(outcome).contains(because), outcome.err());
    }

    private Path copy(String policy, String as) throws IOException {
        return Files.copy(POLICIES.resolve(policy), folder.resolve(as), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The same policy under another version. */
    private void release(String version, String as) throws IOException {
        try (JarFile jar = new JarFile(POLICIES.resolve("policy-fifo-centralized.jar").toFile())) {
            Manifest manifest = jar.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(folder.resolve(as)), manifest)) {
                for (JarEntry entry : jar.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    jar.getInputStream(entry).transferTo(out);
                }
            }
        }
        Files.setPosixFilePermissions(folder.resolve(as), PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void whatIsWrongIsOneSentenceAndTouchesNoEnclave() throws Exception {
        copy("policy-edf.jar", "p.jar");
        start("--ghost_cpus", "0-3", "--policy", "p.jar");
        String before = ok(exec("enclaves", "--json"));
        byte[] jar = Files.readAllBytes(folder.resolve("p.jar"));
        Files.write(folder.resolve("half.jar"), Arrays.copyOf(jar, jar.length / 2));
        Files.copy(Product.HOME.resolve("bundles/shell.jar"), folder.resolve("shell.jar"));
        Path shared = copy("policy-edf-1.1.0.jar", "shared.jar");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rw-rw-rw-"));

        refused("there is no file absent.jar", exec("felix:install", "absent.jar"));
        refused("half.jar is damaged", exec("felix:install", "half.jar"));
        refused("shell.jar is no policy", exec("felix:install", "shell.jar"));
        refused("can be written by others", exec("felix:install", "shared.jar"));
        refused("edf 1.0.0 is installed already", exec("felix:install", "p.jar"));
        refused("CPU 3 is in enclave 1", exec("create", "3-5"));
        refused("CPU 9 is out of range", exec("create", "6-9"));
        refused("enclave 1 exists already", exec("create", "4-5", "--id", "1"));
        refused("unknown option '--wide'", exec("create", "4", "--wide"));
        refused("there is no enclave 7", exec("status", "7"));
        refused("has no tunable 'volume'", exec("tunable", "1", "volume", "11"));
        refused("takes a whole number", exec("tunable", "1", "auto_roll", "x"));
        refused("policy nobody is not installed", exec("roll", "1", "nobody"));
        refused("'2' is too much", exec("rollback", "1", "2"));
        ok(exec("felix:install", "policy-fifo-centralized.jar"));
        refused("speed", exec("attach", "1", "fifo-centralized", "speed=9"));
        refused("absent.json", exec("run", "absent.json"));
        refused("tasks", exec("run", "spin:tasks=many"));
        refused("is a part of the host", exec("felix:stop", "2"));
        refused("unknown command 'nonsense'", exec("nonsense"));
        refused("not complete", exec("status 'open"));
        assertEquals(before, ok(exec("enclaves", "--json")));
    }

    @Test
    void aConsoleThatIsNoTerminalRunsLinesUntilOneFails() throws Exception {
        Outcome outcome = Product.run(folder, "", "# first\n\nenclaves\nstatus 9\nenclaves\n",
                List.of("host", "--workdir", "work", "--ghost_cpus", "0-3", "--console"));
        assertEquals(1, outcome.status());
        assertEquals(1, outcome.out().lines().filter(line -> line.startsWith("id  cpus")).count(), outcome.out());
        assertEquals("ghost: there is no enclave 9: there are [1]", outcome.err().strip());
        Outcome leaving = Product.run(folder, "", "exit\nnonsense\n",
                List.of("host", "--workdir", "work", "--console"));
        assertEquals(0, leaving.status(), leaving.err());
    }

    @Test
    void everyCommandAnswersPeopleAndProgramsAndExplainsItself() throws Exception {
        copy("policy-edf.jar", "p.jar");
        String up = start("--ghost_cpus", "0-3", "--policy", "p.jar");
        assertTrue(up.contains("\"enclave 1 on CPUs 0-3: edf 1.0.0\""), up);
        for (String command : List.of("enclaves", "status", "tasks", "policies", "tunable", "history", "dump",
                "version", "check p.jar")) {
            String json = ok(exec("ghost:" + command + " --json"));
            assertTrue(json.startsWith("{") || json.startsWith("["), command + ": " + json);
            assertTrue(!ok(exec("ghost:" + command)).startsWith("{"), command);
        }
        for (String command : List.of("create", "destroy", "run", "attach", "roll", "rollback")) {
            assertTrue(ok(exec(command, "--help")).startsWith("usage: " + command), command);
        }
        assertTrue(ok(exec("felix:lb")).contains("Simulated machine"));
        assertTrue(ok(exec("felix:headers", "2")).contains("kernel-sim"));
    }

    @Test
    void oldReleasesThatNobodyRunsAreRetired() throws Exception {
        release("1.0.0", "p.jar");
        start("--ghost_cpus", "0-7", "--policy", "p.jar");
        for (int i = 1; i <= 4; i++) {
            release("1." + i + ".0", "p.jar");
            ok(exec("felix:install", "p.jar"));
        }
        String policies = ok(exec("policies"));
        assertEquals(4, policies.lines().count(), policies);
        assertTrue(policies.contains("1.2.0") && policies.contains("1.4.0"), policies);
    }

    @Test
    void aHostOwnsItsWorkDirectoryAndGivesItBack() throws Exception {
        start("--ghost_cpus", "0-1");
        refused("is in use by process " + host.pid(), ghost("host", "--workdir", "work"));
        host.destroy();
        assertEquals(143, host.waitFor());
        String log = Files.readString(folder.resolve("work/host.log"));
        assertTrue(log.contains("enclave 1 is gone: the host stops"), log);
        refused("no host is running at", exec("status"));
        start();
        ok(exec("ghost:shutdown"));
        assertEquals(0, host.waitFor());
    }

    @Test
    void whatWasRolledBackIsNotTakenAgainNotEvenAfterARestart() throws Exception {
        copy("policy-edf.jar", "p.jar");
        start("--ghost_cpus", "0-7", "--policy", "p.jar");
        copy("policy-edf-1.1.0.jar", "q.jar");
        ok(exec("felix:install", "q.jar"));
        String back = ok(exec("ghost:rollback", "1"));
        assertTrue(back.contains("rolled from edf 1.1.0 to edf 1.0.0"), back);
        host.destroy();
        host.waitFor();
        start("--ghost_cpus", "0-7", "--policy", "p.jar");
        String left = ok(exec("felix:install", "q.jar"));
        assertTrue(left.contains("does not take edf 1.1.0 by itself: it was rolled back once"), left);
        assertTrue(ok(exec("roll", "1", "1.1.0")).contains("to edf 1.1.0"));
    }
}
