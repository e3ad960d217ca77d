package org.ghosthost.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.felix.service.command.CommandSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ends of a real control socket. */
final class ControlTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path socket;
    private Embedded embedded;
    private ControlServer server;

    @BeforeEach
    void start() throws Exception {
        socket = folder.resolve("control");
        embedded = new Embedded(folder);
        server = ControlServer.start(embedded.gogo, socket);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        embedded.close();
    }

    private int exec(String stdin, String... words) {
        String[] all = new String[words.length + 3];
        all[0] = "exec";
        all[1] = "--socket";
        all[2] = socket.toString();
        System.arraycopy(words, 0, all, 3, words.length);
        PrintStream stdout = new PrintStream(out, true, UTF_8);
        PrintStream stderr = new PrintStream(err, true, UTF_8);
        try {
            return ExecCommand.run(List.of(all).subList(1, all.length),
                    new ByteArrayInputStream(stdin.getBytes(UTF_8)), stdout, stderr);
        } catch (GhostException e) {
            stderr.println("ghost: " + e);
            return e.status();
        }
    }

    private String output() {
        return out.toString(UTF_8).strip();
    }

    private String errors() {
        return err.toString(UTF_8).strip();
    }

    @Test
    void aCommandRunsInTheHostAndItsOutputComesBack() {
        assertEquals(0, exec("", "ghost:version"));
        assertTrue(output().startsWith("ghost "), output());
        assertEquals("", errors());
    }

    @Test
    void aFailedCommandIsOneSentenceAndAStatus() {
        assertEquals(1, exec("", "frobnicate", "1"));
        assertEquals("ghost: unknown command 'frobnicate': ghost:help lists the commands", errors());
        assertEquals("", output());
    }

    @Test
    void wordsStayWordsWhateverIsInThem() {
        assertEquals(1, exec("", "check", "a b;'c\"$x|.jar"));
        assertTrue(errors().contains("/a b;'c\"$x|.jar"), errors());
    }

    @Test
    void theCallersDirectoryIsWhatRelativeNamesMean() throws Exception {
        exec("", "check", "pom.xml");
        assertTrue(errors().contains("pom.xml is damaged or no jar"), errors());
    }

    @Test
    void linesOfStandardInputRunUntilOneFails() {
        assertEquals(1, exec("# a comment\n\nghost:version\nnonsense\nghost:version\n"));
        assertEquals(1, output().lines().count());
        assertTrue(errors().endsWith("ghost: stopped at line 4"), errors());
    }

    @Test
    void leavingTheSessionLeavesTheHostAlone() {
        assertEquals(0, exec("exit\nnonsense\n"));
        assertEquals(0, exec("", "ghost:version"));
    }

    @Test
    void variablesLastAsLongAsTheSession() {
        assertEquals(0, exec("a = 4711\necho = { $args }\n(echo $a)\n"));
    }

    @Test
    void theSocketIsForItsOwnerOnly() throws Exception {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    }

    @Test
    void aDeadHostsSocketIsToldApart() throws Exception {
        server.close();
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertTrue(Files.exists(socket));
        assertEquals(1, exec("", "status"));
        assertTrue(errors().startsWith("ghost: no host is running at " + socket + "; start one with"), errors());
        server = ControlServer.start(embedded.gogo, socket);
        assertEquals(0, exec("", "ghost:version"));
    }

    @Test
    void noSocketMeansNoHost() throws Exception {
        server.close();
        assertEquals(1, exec("", "status"));
        assertTrue(errors().startsWith("ghost: no host is running at "), errors());
    }

    @Test
    void hostsThatAnswerAreKnownByTheirFolders() throws Exception {
        Path base = Files.createDirectories(folder.resolve("base/mine")).getParent();
        Files.createDirectories(base.resolve("dead"));
        Files.createSymbolicLink(base.resolve("mine/control"), socket);
        assertEquals(List.of("mine"), ExecCommand.running(base));
        server.close();
        assertEquals(List.of(), ExecCommand.running(base));
        assertEquals(List.of(), ExecCommand.running(folder.resolve("absent")));
    }

    @Test
    void aPathThatIsTooLongForASocketIsRefused() {
        Path deep = folder.resolve("x".repeat(120));
        assertTrue(assertThrows(GhostException.class, () -> ControlServer.start(embedded.gogo, deep)).getMessage()
                .contains("longer than 107 bytes"));
    }

    @Test
    void anEndlessLineIsCutOff() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.allocate(5).put(Frames.LINE).putInt(Integer.MAX_VALUE).flip());
            assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
        }
        assertEquals(1, exec("", "x".repeat(Frames.MAX_BYTES + 1)));
        assertTrue(errors().contains("a command may be 65536 bytes long"), errors());
        assertEquals(0, exec("", "ghost:version"));
    }

    @Test
    void nonsenseOnTheSocketDoesNoHarm() throws Exception {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8)));
            assertThrows(SocketException.class, () -> channel.read(ByteBuffer.allocate(1)));
        }
        assertEquals(0, exec("", "ghost:version"));
    }

    @Test
    void tooManySessionsAreTurnedAwayAndTheNextOneIsServedAgain() throws Exception {
        SocketChannel[] idle = new SocketChannel[40];
        for (int i = 0; i < idle.length; i++) {
            idle[i] = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        }
        assertEquals(1, exec("", "ghost:version"));
        assertEquals("ghost: this host is busy with 32 sessions", errors());
        for (SocketChannel channel : idle) {
            channel.close();
        }
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> exec("", "ghost:version") == 0);
    }

    /** A command that waits until it is interrupted. */
    public static final class Patience {
        final CountDownLatch began = new CountDownLatch(1);
        final CountDownLatch interrupted = new CountDownLatch(1);

        /** Waits. */
        public void patience(CommandSession session) throws InterruptedException {
            began.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        }
    }

    @Test
    void aCallerThatHangsUpInterruptsItsCommand() throws Exception {
        Patience patience = new Patience();
        embedded.gogo.offer("test", patience, "patience");
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            Frames.write(java.nio.channels.Channels.newOutputStream(channel), Frames.LINE, "test:patience");
            assertTrue(patience.began.await(5, TimeUnit.SECONDS));
        }
        assertTrue(patience.interrupted.await(5, TimeUnit.SECONDS));
    }

    @Test
    void aHostThatStopsEndsItsSessions() throws Exception {
        Patience patience = new Patience();
        embedded.gogo.offer("test", patience, "patience");
        int[] status = new int[1];
        Thread caller = Thread.ofVirtual().start(() -> status[0] = exec("", "test:patience"));
        assertTrue(patience.began.await(5, TimeUnit.SECONDS));
        server.close();
        caller.join(5_000);
        assertEquals(1, status[0]);
        assertTrue(errors().contains("the host went away"), errors());
    }

    @Test
    void recordsKeepTheirBytes() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        byte[] large = new byte[3 * Frames.MAX_BYTES + 7];
        java.util.Arrays.fill(large, (byte) 'x');
        Frames.stream(wire, Frames.OUT).write(large);
        ByteArrayInputStream in = new ByteArrayInputStream(wire.toByteArray());
        int total = 0;
        for (Frames.Frame frame = Frames.read(in); frame != null; frame = Frames.read(in)) {
            assertEquals(Frames.OUT, frame.kind());
            total += frame.payload().length;
        }
        assertEquals(large.length, total);
    }
}
