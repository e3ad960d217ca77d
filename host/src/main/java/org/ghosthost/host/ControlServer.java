package org.ghosthost.host;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Takes commands over a Unix domain socket in the work directory. The kernel says whose each connection is; only the
 * host's own user and root are served, since a Gogo command can do whatever the host can.
 */
final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(ControlServer.class);
    private static final int MAX_CONNECTIONS = 32;
    /** How long commands may go on when the host stops: the one that stopped it has to be answered. */
    private static final long GRACE_MS = 500;
    /** Longest path that fits into the kernel's address of a socket, with its final zero. */
    private static final int MAX_PATH_BYTES = 107;

    private final Gogo gogo;
    private final Path path;
    private final ServerSocketChannel server;
    private final UserPrincipal self;
    private final UserPrincipal root;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore idle = new Semaphore(MAX_CONNECTIONS);

    private ControlServer(Gogo gogo, Path path, ServerSocketChannel server) throws IOException {
        this.gogo = gogo;
        this.path = path;
        this.server = server;
        this.self = Owner.self();
        this.root = Owner.root();
    }

    /**
     * Listens at {@code path}. What is left there by a dead host is replaced: whoever calls this has the lock of the
     * work directory.
     */
    static ControlServer start(Gogo gogo, Path path) throws GhostException {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            throw new GhostException("the path of the control socket is longer than " + MAX_PATH_BYTES + " bytes: "
                    + path + "; choose a shorter --workdir");
        }
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            ControlServer control = new ControlServer(gogo, path, server);
            Thread.ofVirtual().name("control").start(control::accept);
            return control;
        } catch (IOException e) {
            throw new GhostException("cannot listen at " + path + ": " + Sentences.of(e));
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                boolean full = connections.size() >= MAX_CONNECTIONS;
                connections.add(connection);
                Thread.ofVirtual().name("control session").start(() -> serve(connection, full));
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException e) {
                LOG.warn("control socket: {}", Sentences.of(e));
            }
        }
    }

    private void serve(SocketChannel connection, boolean full) {
        try (connection) {
            UserPrincipal peer = connection.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            if (!Owner.trusted(peer, self, root)) {
                LOG.warn("control socket: refused user {}", peer.getName());
                refuse(connection, "this host takes commands of user " + self.getName() + " and root only");
            } else if (full) {
                refuse(connection, "this host is busy with " + MAX_CONNECTIONS + " sessions");
            } else {
                new ControlSession(gogo, connection, peer.getName(), idle).serve();
            }
        } catch (IOException e) {
            LOG.debug("control session: {}", Sentences.of(e));
        } finally {
            connections.remove(connection);
        }
    }

    private static void refuse(SocketChannel connection, String sentence) throws IOException {
        var out = Channels.newOutputStream(connection);
        Frames.write(out, Frames.ERR, "ghost: " + sentence + System.lineSeparator());
        Frames.write(out, Frames.STATUS, new byte[] {GhostException.FAILED}, 0, 1);
    }

    /** Listens no more, lets commands that are almost done finish, and ends all sessions. */
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
        try {
            if (!idle.tryAcquire(MAX_CONNECTIONS, GRACE_MS, TimeUnit.MILLISECONDS)) {
                LOG.info("commands are cut off, because the host stops");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }
}
