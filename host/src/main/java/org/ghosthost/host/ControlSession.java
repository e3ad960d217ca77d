package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One connection to the control socket: a Gogo session in the caller's directory. One thread reads and sees when the
 * caller is gone, which interrupts the command that another thread runs.
 */
final class ControlSession {
    private static final Logger LOG = LogManager.getLogger(ControlSession.class);
    private static final int HANDOVER_TIMEOUT_S = 5;

    private final SocketChannel connection;
    private final OutputStream out;
    private final Session session;
    private final String user;
    private final Semaphore idle;
    private final SynchronousQueue<Frames.Frame> lines = new SynchronousQueue<>();

    /** A session; it holds one permit of {@code idle} while it runs a command. */
    ControlSession(Gogo gogo, SocketChannel connection, String user, Semaphore idle) {
        this.connection = connection;
        this.idle = idle;
        this.user = user;
        out = Channels.newOutputStream(connection);
        session = new Session(gogo, InputStream.nullInputStream(), printer(Frames.OUT), printer(Frames.ERR),
                Path.of("/"));
    }

    private PrintStream printer(byte kind) {
        return new PrintStream(Frames.stream(out, kind), true, StandardCharsets.UTF_8);
    }

    /** Serves until the caller hangs up. */
    void serve() throws IOException {
        Thread runner = Thread.ofVirtual().name("control command").start(this::run);
        try (session) {
            InputStream in = Channels.newInputStream(connection);
            for (Frames.Frame frame = Frames.read(in); frame != null; frame = Frames.read(in)) {
                if (!lines.offer(frame, HANDOVER_TIMEOUT_S, TimeUnit.SECONDS)) {
                    throw new IOException("a line was sent before the one before it was done");
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            session.interrupt();
            runner.interrupt();
        }
    }

    private void run() {
        try {
            while (true) {
                Frames.Frame frame = lines.take();
                switch (frame.kind()) {
                    case Frames.DIRECTORY -> session.gogo().currentDir(Path.of(frame.text()));
                    case Frames.LINE -> answer(frame.text());
                    default -> throw new IOException("unknown kind of record: " + frame.kind());
                }
            }
        } catch (InterruptedException | IOException e) {
            LOG.debug("control session of {} ended: {}", user, Sentences.of(e));
        }
    }

    private void answer(String line) throws IOException, InterruptedException {
        idle.acquire();
        try {
            LOG.info("{}: {}", user, line);
            int status = session.run(line);
            Frames.write(out, Frames.STATUS, new byte[] {(byte) status}, 0, 1);
        } finally {
            idle.release();
        }
    }
}
