package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The other end of the control socket: hands lines to a running host and shows what it answers. */
final class ControlClient implements AutoCloseable {
    private final SocketChannel connection;
    private final InputStream in;
    private final OutputStream out;
    private final String directory;
    private boolean introduced;

    private ControlClient(SocketChannel connection, Path directory) {
        this.connection = connection;
        this.directory = directory.toAbsolutePath().normalize().toString();
        in = Channels.newInputStream(connection);
        out = Channels.newOutputStream(connection);
    }

    /**
     * Connects to the host whose control socket this is.
     *
     * @param directory what relative file names in commands mean
     * @throws GhostException if no host listens there, or it belongs to somebody else
     */
    static ControlClient connect(Path socket, Path directory) throws GhostException {
        if (!Files.exists(socket)) {
            throw noHost(socket);
        }
        try {
            return new ControlClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)), directory);
        } catch (ConnectException _) {
            throw noHost(socket);
        } catch (IOException | IllegalArgumentException e) {
            throw new GhostException("cannot reach the host at " + socket + ": " + Sentences.of(e));
        }
    }

    private static GhostException noHost(Path socket) {
        return new GhostException("no host is running at " + socket
                + "; start one with: ghost host --ghost_cpus 0-7");
    }

    /**
     * Runs one line in the host.
     *
     * @return its exit status
     * @throws GhostException if the host goes away meanwhile
     */
    int run(String line, PrintStream stdout, PrintStream stderr) throws GhostException {
        if (line.getBytes(StandardCharsets.UTF_8).length > Frames.MAX_BYTES) {
            throw new GhostException("a command may be " + Frames.MAX_BYTES + " bytes long, not more");
        }
        send(line);
        try {
            for (Frames.Frame frame = Frames.read(in); frame != null; frame = Frames.read(in)) {
                switch (frame.kind()) {
                    case Frames.OUT -> stdout.write(frame.payload(), 0, frame.payload().length);
                    case Frames.ERR -> stderr.write(frame.payload(), 0, frame.payload().length);
                    default -> {
                        stdout.flush();
                        stderr.flush();
                        return frame.status();
                    }
                }
            }
        } catch (IOException e) {
            throw new GhostException("the host went away: " + Sentences.of(e));
        }
        throw new GhostException("the host went away before the command was done");
    }

    private void send(String line) {
        try {
            if (!introduced) {
                introduced = true;
                Frames.write(out, Frames.DIRECTORY, directory);
            }
            Frames.write(out, Frames.LINE, line);
        } catch (IOException _) {
            // The host has hung up; what it said before that is still to be read.
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
