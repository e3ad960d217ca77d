package org.ghosthost.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configuration files, right and wrong. */
final class HostConfigTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void makePolicies() throws Exception {
        folder = folder.toRealPath();
        file = folder.resolve("my.conf");
        TestJar.policy("edf", "1.0.0").write(folder.resolve("edf.jar"));
        Files.createDirectory(folder.resolve("policies"));
        TestJar.policy("fifo", "1.0.0").write(folder.resolve("policies/fifo.jar"));
    }

    private HostConfig read(String... lines) throws IOException, GhostException {
        Files.write(file, List.of(lines));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return HostConfig.read(file, folder.resolve("policies"));
    }

    private String wrong(String... lines) {
        return assertThrows(GhostException.class, () -> read(lines)).toString();
    }

    @Test
    void aWholeFileIsUnderstood() throws Exception {
        HostConfig config = read("# two enclaves", "", "[host]", "machine = sockets=2 cores=2 smt=2", "",
                "[enclave 1]", "cpus = 0-3", "policy=edf.jar", "configure.slice = 5ms",
                "tunable.runnable_timeout = 5000", " [ enclave  7 ] ", "  cpus   =  4,6 ", "policy = fifo.jar");
        assertEquals("sim", config.backend());
        assertEquals(8, config.machine().cpuCount());
        assertEquals(List.of(1, 7), config.enclaves().stream().map(HostConfig.EnclavePlan::id).toList());
        HostConfig.EnclavePlan first = config.enclaves().getFirst();
        assertEquals("0-3", first.cpus().toString());
        assertEquals(folder.resolve("edf.jar").toString(), first.policy());
        assertEquals(Map.of("slice", "5ms"), first.configuration());
        assertEquals(Map.of("runnable_timeout", "5000"), first.tunables());
        assertEquals(folder.resolve("policies/fifo.jar").toString(), config.enclaves().getLast().policy());
        assertEquals("my.conf is in order: backend sim, enclave 1 on CPUs 0-3 with edf.jar, enclave 7 on CPUs 4,6 with"
                + " fifo.jar", config.summary());
    }

    @Test
    void anEmptyFileIsAHostOfTheSimulatedMachine() throws Exception {
        HostConfig config = read("# nothing");
        assertEquals("sim", config.backend());
        assertEquals(List.of(), config.enclaves());
        assertEquals(8, config.machine().cpuCount());
    }

    @Test
    void theRealMachineHasOptionsAndAPin() throws Exception {
        HostConfig config = read("[host]", "backend = sched_ext", "option.heartbeat-ms = 500", "pin = yes",
                "[enclave 2]", "cpus = 0");
        assertEquals(Map.of("heartbeat-ms", "500", "pin", "1"), config.backendOptions());
        assertEquals("", config.enclaves().getFirst().policy());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "x = 1 | 1: a line [host] or [enclave ID] comes before the first entry",
        "[host]~backend | 2: not an entry: it should read KEY = VALUE",
        "[host]~backend = | 2: 'backend' has no value",
        "[host]~bakend = sim | 2: unknown key 'bakend' in [host] (did you mean 'backend'?)",
        "[host]~backend = bsd | 2: unknown backend 'bsd': there are sim and sched_ext",
        "[host]~cpus = 4~cpus = 5 | 3: 'cpus' was set in line 2 already",
        "[host]~cpus = 4~machine = 5 | 3: cpus and machine exclude each other",
        "[host]~pin = yes | 1: option.* and pin are for backend = sched_ext",
        "[host]~backend = sched_ext~pin = maybe | 3: pin is yes or no, not 'maybe'",
        "[host]~backend = sched_ext~cpus = 4 | 3: cpus describes a simulated machine: sched_ext takes this one",
        "[enclaves 1]~cpus = 0 | 1: unknown section [enclaves 1] (did you mean 'enclave'?): there are [host] and"
                + " [enclave ID]",
        "[enclave]~cpus = 0 | 1: the number of an enclave must be 1 to 65535:",
        "[enclave 1~cpus = 0 | 1: the bracket is not closed",
        "[enclave 1] | 1: [enclave 1] has no cpus",
        "[enclave 1]~cpus = 0-9 | 2: bad CPU list \"0-9\": CPU 9 is out of range 0-7",
        "[enclave 1]~cpus = 0-3~[enclave 2]~cpus = 3-4 | 4: enclave 1 has some of CPUs 3-4 already: it has 0-3",
        "[enclave 1]~cpus = 0~[enclave 1]~cpus = 1 | 3: there is a section [enclave 1] in line 1 already",
        "[enclave 1]~cpus = 0~policy = edf.jar | 3: policy edf 1.0.0 is global and needs 2 or more CPUs",
        "[enclave 1]~cpus = 0~configure.x = 1 | 1: configure.* is for a policy, and there is none",
        "[enclave 1]~cpus = 0~tunable.runnable_timout = 1 | 3: there is no tunable 'runnable_timout' (did you mean"
                + " 'tunable.runnable_timeout'?): there are auto_roll, commit_at_tick, deliver_agent_runnability,"
                + " deliver_cpu_availability, deliver_ticks, live_dangerously, runnable_timeout, switchto_disabled,"
                + " wake_on_waker_cpu",
        "[enclave 1]~cpus = 0~tunable.auto_roll = no | 3: tunable.auto_roll is a whole number, not 'no'"})
    void aMistakeIsToldWithItsLine(String lines, String sentence) {
        String told = wrong(lines.split("~", -1));
        assertTrue(told.startsWith(file + ":" + sentence), told);
        assertEquals(1, told.lines().count(), told);
    }

    @Test
    void aPolicyThatIsNotThereIsNamed() {
        String told = wrong("[enclave 1]", "cpus = 0-1", "policy = absent.jar");
        assertEquals(file + ":3: there is no file absent.jar, neither in " + folder + " nor in "
                + folder.resolve("policies"), told);
    }

    @Test
    void allMistakesAreToldAtOnce() {
        String told = wrong("[host]", "backend = bsd", "[enclave x]", "cpus = 99");
        assertEquals(3, told.lines().count(), told);
        assertTrue(told.lines().skip(1).allMatch(line -> line.startsWith("ghost: " + file)), told);
    }

    @Test
    void aFileThatOthersCanWriteIsRefused() throws Exception {
        read("[host]");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertTrue(assertThrows(GhostException.class, () -> HostConfig.read(file, folder)).toString()
                .contains("can be written by others"));
    }

    @Test
    void checkTellsWithoutAHost() throws Exception {
        read("[enclave 1]", "cpus = 0-3");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, UTF_8);
        assertEquals(0, Main.run(List.of("check", file.toString()), print, print));
        assertEquals("my.conf is in order: backend sim, enclave 1 on CPUs 0-3 with the built-in FIFO",
                out.toString(UTF_8).strip());
        out.reset();
        assertEquals(0, Main.run(List.of("check", "--json", file.toString()), print, print));
        assertEquals("{\"file\": \"" + file + "\", \"backend\": \"sim\", \"enclaves\": [\"1\"]}",
                out.toString(UTF_8).strip());
        read("[host]", "backend = sim");
        out.reset();
        assertEquals(2, Main.run(List.of("host", "--config", file.toString(), "--cpus", "4"), print, print));
        assertEquals("ghost: --config and --cpus exclude each other: say it in the file", out.toString(UTF_8).strip());
    }
}
