package org.ghosthost.distribution;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.ghosthost.distribution.Product.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host of the unpacked product, its workload and its policies, driven by {@code ghost exec} as a person does it. */
final class HostIT {
    private static final int ROLLS = 20;
    private static final Path BROKEN = Product.HOME.resolve("examples/policy-edf-1.2.0-throws.jar");

    @TempDir
    private Path folder;

    private Process host;

    @AfterEach
    void stop() throws Exception {
        if (host != null) {
            host.destroyForcibly().waitFor();
        }
    }

    @Test
    void anEnclaveTakesAPolicyRollsAndGoesOnWithoutIt() throws Exception {
        start();
        exec("ghost:run " + Product.DEADLINES);
        Map<String, String> before = status();
        assertEquals("built-in-fifo", before.get("/0/policy"));

        copy("policy-edf.jar");
        exec("felix:install mine.jar");
        Map<String, String> first = status();
        assertEquals("1.0.0", first.get("/0/version"));

        copy("policy-edf-1.1.0.jar");
        exec("felix:install mine.jar");
        Map<String, String> second = status();
        assertEquals("1.1.0", second.get("/0/version"));
        assertEquals(first.get("/0/enclave"), second.get("/0/enclave"));
        assertEquals(before.get("/0/tasks"), second.get("/0/tasks"));
        assertEquals(generation(first) + 1, generation(second));

        String bundle = exec("felix:lb").lines().filter(line -> line.contains("(1.1.0)"))
                .map(line -> line.strip().split("\\|")[0].strip()).findFirst().orElseThrow();
        for (String command : List.of("felix:update", "felix:stop", "felix:start", "felix:uninstall")) {
            exec(command + " " + bundle);
            assertGoesOn(before);
        }
        assertEquals("built-in-fifo", status().get("/0/policy"));
    }

    @Test
    void twentyRollsUnderLoadLoseNothingAndLetGoOfTheOldClasses() throws Exception {
        start();
        exec("ghost:run " + Product.DEADLINES);
        exec("felix:install policy-edf.jar");
        exec("felix:install policy-edf-1.1.0.jar");
        Map<String, String> before = status();
        exec("ghost:roll 1.0.0\nghost:roll 1.1.0\n".repeat(ROLLS / 2));
        Map<String, String> after = status();
        assertEquals(generation(before) + ROLLS, generation(after));
        assertEquals(before.get("/0/tasks"), after.get("/0/tasks"));
        assertEquals("0", after.get("/0/tasks_lost"));
        assertEquals("0", after.get("/0/overflows"));
        collectGarbage();
        int reachable = Integer.parseInt(status().get("/0/generations_reachable"));
        assertTrue(reachable <= 2, "class loaders of old versions still reachable: " + reachable);
    }

    @Test
    void aReleaseThatThrowsIsPutOutAndNotTakenAgainAfterARestart() throws Exception {
        start();
        exec("ghost:run " + Product.DEADLINES);
        exec("felix:install policy-edf-1.1.0.jar");
        Outcome broken = ghost("exec", "--workdir", "work", "felix:install " + BROKEN);
        assertEquals(1, broken.status());
        assertTrue(broken.err().contains("broken on purpose"), broken.err());
        assertEquals("1.1.0", status().get("/0/version"));
        host.destroy();
        assertTrue(host.waitFor(Product.TIMEOUT_S, TimeUnit.SECONDS));

        start();
        exec("felix:install policy-edf-1.1.0.jar");
        exec("felix:install " + BROKEN);
        assertEquals("1.1.0", status().get("/0/version"));
    }

    @Test
    void aKilledHostLeavesNothingThatStopsTheNextOne() throws Exception {
        start();
        Outcome second = ghost("host", "--workdir", "work", "--ghost_cpus", "0-3");
        assertEquals(1, second.status());
        assertTrue(second.err().contains("is in use by process " + host.pid()), second.err());
        host.destroyForcibly().waitFor();
        Outcome alone = ghost("exec", "--workdir", "work", "ghost:status");
        assertEquals(1, alone.status());
        assertTrue(alone.err().startsWith("ghost: no host is running"), alone.err());
        start();
        assertEquals("0-7", status().get("/0/cpus"));
    }

    private void start() throws Exception {
        Path out = folder.resolve("host.out");
        Path err = folder.resolve("host.err");
        host = Product.start(folder, out, err, "", List.of("host", "--ghost_cpus", "0-7", "--workdir", "work"));
        await().atMost(Duration.ofSeconds(Product.TIMEOUT_S)).until(
                () -> Files.readString(err).contains("host up") || Files.readString(out).contains("host up")
                        || !host.isAlive());
        assertTrue(host.isAlive(), () -> "the host ended: " + text(err));
    }

    private void copy(String policy) throws Exception {
        Files.copy(Product.HOME.resolve("policies").resolve(policy), folder.resolve("mine.jar"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void assertGoesOn(Map<String, String> before) throws Exception {
        Map<String, String> now = status();
        assertEquals(before.get("/0/enclave"), now.get("/0/enclave"));
        assertEquals(before.get("/0/tasks"), now.get("/0/tasks"));
        long messages = Long.parseLong(now.get("/0/messages"));
        await().atMost(Duration.ofSeconds(Product.TIMEOUT_S)).until(
                () -> Long.parseLong(status().get("/0/messages")) > messages);
    }

    private static int generation(Map<String, String> status) {
        return Integer.parseInt(status.get("/0/generation"));
    }

    private Map<String, String> status() throws Exception {
        return Product.json(exec("ghost:status --json"));
    }

    private String exec(String lines) throws Exception {
        Outcome outcome = Product.run(folder, "", lines + "\n", List.of("exec", "--workdir", "work"));
        assertEquals(0, outcome.status(), outcome.err());
        return outcome.out();
    }

    private Outcome ghost(String... arguments) throws Exception {
        return Product.run(folder, "", "", List.of(arguments));
    }

    private void collectGarbage() throws Exception {
        Path java = Path.of(host.info().command().orElseThrow());
        Process jcmd = new ProcessBuilder(java.resolveSibling("jcmd").toString(), Long.toString(host.pid()), "GC.run")
                .redirectErrorStream(true).redirectOutput(folder.resolve("jcmd.out").toFile()).start();
        assertEquals(0, jcmd.waitFor());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
