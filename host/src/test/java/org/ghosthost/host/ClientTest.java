package org.ghosthost.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.testkit.MembershipKernel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both ends of a real client socket, with real processes. */
final class ClientTest {
    @TempDir
    Path folder;

    private final MembershipKernel kernel = new MembershipKernel(4);
    private final EnclaveManager enclaves = new EnclaveManager(kernel, 1, null);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path socket;
    private ClientServer server;
    private Process process;
    private int pid;

    @BeforeEach
    void start() throws Exception {
        socket = folder.resolve("client");
        enclaves.create(3, CpuSet.range(0, 1));
        server = ClientServer.start(enclaves, socket);
        process = new ProcessBuilder("sh", "-c", "read line").start();
        pid = (int) process.pid();
    }

    @AfterEach
    void stop() throws Exception {
        process.destroyForcibly().waitFor();
        server.close();
        enclaves.close();
    }

    private int ghost(String... words) {
        out.reset();
        err.reset();
        return Main.run(List.of(words), new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    }

    private String errors() {
        return err.toString(UTF_8).strip();
    }

    private String ask(String line) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(UTF_8.encode(line + "\n"));
            return new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), UTF_8)).readLine();
        }
    }

    @Test
    void everyUserMayConnect() throws Exception {
        assertEquals("rw-rw-rw-", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }

    @Test
    void aProcessIsPushedAndPulled() {
        assertEquals(0, ghost("push", "3", "--pid", "" + pid, "--socket", socket.toString()), errors());
        assertEquals("1 thread entered", out.toString(UTF_8).strip());
        assertEquals(Set.of(pid), kernel.members(3));
        assertEquals(0, ghost("pull", "--pid", "" + pid, "--socket", socket.toString(), "--json"), errors());
        assertEquals("{\"threads\": 1}", out.toString(UTF_8).strip());
        assertEquals(Set.of(), kernel.members(3));
        assertEquals(1, ghost("pull", "--pid", "" + pid, "--socket", socket.toString()));
        assertEquals("ghost: process " + pid + " is in no enclave", errors());
    }

    @Test
    void theOnlyEnclaveNeedNotBeNamed() throws Exception {
        assertEquals(0, ghost("push", "--tid", "" + pid, "--socket", socket.toString()), errors());
        assertEquals(Set.of(pid), kernel.members(3));
        enclaves.create(4, CpuSet.range(2, 3));
        assertEquals(1, ghost("push", "--tid", "" + pid, "--socket", socket.toString()));
        assertEquals("ghost: say which enclave: there are [3, 4]", errors());
    }

    @Test
    void aCommandIsStartedByTheLauncherThatWasPushed() {
        System.setProperty(JoinCommands.LAUNCHER, "" + pid);
        try {
            assertEquals(JoinCommands.BECOME_THE_COMMAND,
                    ghost("push", "--socket", socket.toString(), "3", "--", "ls", "--pid"), errors());
            assertEquals(Set.of(pid), kernel.members(3));
            assertEquals(1, ghost("push", "--socket", socket.toString(), "9", "--", "ls"));
            assertTrue(errors().startsWith("ghost: there is no enclave 9"), errors());
        } finally {
            System.clearProperty(JoinCommands.LAUNCHER);
        }
        assertEquals(1, ghost("push", "--socket", socket.toString(), "3", "--", "ls"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "push 1 | say what: --pid, --tid or --cgroup",
        "push 1 --pid 1 --tid 1 | --pid and --tid exclude each other",
        "push x --pid 1 | ENCLAVE must be 1 to 65535: x",
        "push 1 ls --pid 1 | 'ls' is too much; a command follows --",
        "push 1 -- | say which command after --; see ghost push --help",
        "push 1 --pid 1 -- ls | --pid and a command exclude each other",
        "pull | say what: --pid, --tid or --cgroup",
        "pull 1 --pid 1 | '1' is too much; see ghost pull --help"})
    void aCommandLineThatMakesNoSenseIsOneSentence(String line, String sentence) {
        assertEquals(2, ghost(line.split(" ", -1)));
        assertEquals("ghost: " + sentence, errors());
    }

    @Test
    void withoutAHostOneSentenceSaysSo() throws Exception {
        server.close();
        assertEquals(1, ghost("push", "3", "--pid", "" + pid, "--socket", socket.toString()));
        assertTrue(errors().startsWith("ghost: no host is running at " + socket + "; start one with"), errors());
        server = ClientServer.start(enclaves, socket);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "'' ; error 22 a client may enter, leave or hand over a table, not ''",
        "enter ; error 22 say: enter ENCLAVE pid|tid|cgroup WHICH",
        "enter 3 pid 0 ; error 22 a pid is a number from 1 on, not '0'",
        "enter 3 pid 99999999999 ; error 22 a pid is a number from 1 on, not '99999999999'",
        "enter 3 user 1 ; error 22 a target is a pid, a tid or a cgroup, not a 'user'",
        "enter three pid 1 ; error 22 not a number: 'three'",
        "enter 4 pid 1 ; error 19 there is no enclave 4: there are [3]",
        "leave pid ; error 22 say: leave pid|tid|cgroup WHICH",
        "leave pid 4194304 ; error 3 there is no process 4194304",
        "table 1 ; error 22 say: table PID DESCRIPTOR",
        "enter 3 cgroup no such ; error 2 there is no cgroup no such below the root of cgroup v2"})
    void nonsenseIsAnsweredByANumberAndASentence(String line, String answer) throws Exception {
        assertEquals(answer, ask(line));
    }

    @Test
    void aThreadGetsItsGtidAndATableIsHandedOver() throws Exception {
        assertEquals("ok 1 " + ((long) pid << 41 | 1), ask("enter - tid " + pid));
        assertEquals("ok 0 " + ((long) pid << 41 | 1), ask("enter 3 pid " + pid));
        assertEquals("ok 0 0", ask("table " + pid + " 5"));
        assertEquals(Map.of(pid, 5), kernel.prioTables());
        assertEquals("ok 1 0", ask("leave tid " + pid));
    }

    @Test
    void oneConnectionTakesManyRequests() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            BufferedReader in = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), UTF_8));
            for (int i = 0; i < 500; i++) {
                channel.write(UTF_8.encode("enter 3 tid " + pid + "\nleave tid " + pid + "\n"));
                assertTrue(in.readLine().startsWith("ok 1 "));
                assertEquals("ok 1 0", in.readLine());
            }
        }
    }

    @Test
    void anEndlessLineIsCutOff() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(UTF_8.encode("x".repeat(2 * ClientSession.MAX_LINE_BYTES)));
            assertThrows(SocketException.class, () -> Channels.newInputStream(channel).readAllBytes());
        }
        assertEquals("ok 1 0", ask("enter 3 tid " + pid).replaceFirst(" \\d+$", " 0"));
    }
}
