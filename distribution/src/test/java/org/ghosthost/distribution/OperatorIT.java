package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.ghosthost.distribution.Product.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host as an operator sets it up: a configuration file, the doctor, threads pushed in. */
final class OperatorIT {
    @TempDir
    Path folder;

    private Process host;

    @AfterEach
    void stop() throws Exception {
        if (host != null) {
            host.destroyForcibly().waitFor();
        }
    }

    private Outcome ghost(String... words) throws Exception {
        return Product.run(folder, "", "", List.of(words));
    }

    private void start(String... lines) throws Exception {
        Files.write(folder.resolve("my.conf"), List.of(lines));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        host = Product.start(folder, out, err, "", List.of("host", "--workdir", "work", "--config", "my.conf"));
        Awaitility.await().atMost(Product.TIMEOUT_S, TimeUnit.SECONDS)
                .until(() -> Files.readString(out).contains("host up") || !host.isAlive());
    }

    @Test
    void theEnclavesOfAConfigurationFileAreMadeWithTheirPolicies() throws Exception {
        start("[host]", "cpus = 8", "[enclave 4]", "cpus = 0-3", "policy = policy-edf.jar",
                "tunable.runnable_timeout = 5000", "tunable.auto_roll = 0", "[enclave 9]", "cpus = 4-7",
                "policy = policy-fifo-per-cpu.jar");
        assertTrue(host.isAlive(), Files.readString(folder.resolve("err")));
        Outcome outcome = ghost("exec", "--workdir", "work", "ghost:status --json");
        Map<String, String> status = Product.json(outcome.out());
        assertEquals("4", status.get("/0/enclave"), outcome.out());
        assertEquals("edf", status.get("/0/policy"));
        assertEquals("0-3", status.get("/0/cpus"));
        assertEquals("9", status.get("/1/enclave"));
        assertEquals("fifo-per-cpu", status.get("/1/policy"));
        Outcome tunable = ghost("exec", "--workdir", "work", "ghost:tunable 4 runnable_timeout --json");
        assertTrue(tunable.out().contains("5000"), tunable.out());
        Outcome policies = ghost("exec", "--workdir", "work", "ghost:policies");
        assertTrue(policies.out().contains("edf") && policies.out().contains("fifo-per-cpu"), policies.out());
    }

    @Test
    void aKeyThatThePolicyHasNotGotStopsTheHostBeforeAnyEnclaveIsMade() throws Exception {
        start("[enclave 4]", "cpus = 0-3", "[enclave 5]", "cpus = 4-7", "policy = policy-edf.jar",
                "configure.no_such_key = 1");
        assertTrue(host.waitFor(Product.TIMEOUT_S, TimeUnit.SECONDS));
        assertEquals(1, host.exitValue());
        String told = Files.readString(folder.resolve("err"));
        assertTrue(told.startsWith("ghost: " + folder.toRealPath().resolve("my.conf") + ":3: ")
                || told.startsWith("ghost: " + folder.resolve("my.conf") + ":3: "), told);
        assertTrue(told.contains("unknown configuration key 'no_such_key'"), told);
        assertFalse(Files.readString(folder.resolve("work/host.log")).contains("enclave 4 made"));
    }

    @Test
    void theConfigurationOfTheProductIsInOrder() throws Exception {
        Outcome outcome = ghost("check", Product.HOME.resolve("etc/ghost.conf").toString());
        assertEquals("", outcome.err());
        assertEquals("ghost.conf is in order: backend sim, no enclave", outcome.out().strip());
    }

    @Test
    void theDoctorTellsWhatIsMissingWithoutAHost() throws Exception {
        Outcome outcome = ghost("doctor", "--json");
        Map<String, String> report = Product.json(outcome.out());
        assertEquals("kernel", report.get("/findings/0/name"), outcome.toString());
        assertEquals(report.get("/usable"), outcome.status() == 0 ? "true" : "false");
        assertTrue(ghost("doctor").out().contains("libbpf"));
    }

    @Test
    void aSimulatedHostTakesNoThreadsAndStartsNoCommand() throws Exception {
        start("[enclave 1]", "cpus = 0-3");
        Outcome push = ghost("push", "--workdir", "work", "1", "--pid", Long.toString(host.pid()));
        assertEquals(1, push.status());
        assertEquals("ghost: this host's machine is simulated and takes no threads of this one: that needs a host with"
                + " --backend sched_ext", push.err().strip());
        Outcome command = ghost("push", "--workdir", "work", "1", "--", "touch", "started");
        assertEquals(1, command.status());
        assertFalse(Files.exists(folder.resolve("started")));
    }

    @Test
    void systemdIsToldWhenTheHostIsReadyAndWhenItEnds() throws Exception {
        Path told = folder.resolve("told");
        Path program = Files.createDirectory(folder.resolve("bin")).resolve("systemd-notify");
        Files.writeString(program, "#!/bin/sh\necho \"$@\" >> '" + told + "'\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProcessBuilder builder = new ProcessBuilder(Product.HOME.resolve("bin/ghost").toString(), "host", "--workdir",
                "work", "--ghost_cpus", "0-1").directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(folder.resolve("out").toFile());
        builder.environment().put("NOTIFY_SOCKET", "/run/systemd/notify");
        builder.environment().merge("PATH", program.getParent().toString(), (path, own) -> own + ":" + path);
        host = builder.start();
        Awaitility.await().atMost(Product.TIMEOUT_S, TimeUnit.SECONDS).until(() -> Files.exists(told));
        host.destroy();
        assertTrue(host.waitFor(Product.TIMEOUT_S, TimeUnit.SECONDS));
        assertEquals(List.of("--ready --pid=" + host.pid() + " --status=enclaves: 1", "--pid=" + host.pid()
                + " STOPPING=1"), Files.readAllLines(told));
    }

    @Test
    void theClientLibraryIsInTheProduct() {
        for (String file : List.of("ghost_client.h", "ghost_client.c", "Makefile", "README.md",
                "examples/simple_exp.c")) {
            assertTrue(Files.isReadable(Product.HOME.resolve("client").resolve(file)), file);
        }
        assertTrue(Files.isReadable(Product.HOME.resolve("etc/ghosthost.service")));
    }
}
