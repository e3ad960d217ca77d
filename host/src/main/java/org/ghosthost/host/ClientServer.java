package org.ghosthost.host;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.join.Caller;
import org.ghosthost.enclave.join.Joining;

/**
 * Lets programs bring their threads into enclaves, over a Unix domain socket that every user may connect to who can
 * reach the work directory. The kernel says whose each connection is; {@link Joining} decides by that. What can be
 * asked for is in {@link ClientSession}.
 */
final class ClientServer implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(ClientServer.class);
    private static final int MAX_CONNECTIONS = 4_096;
    private static final int MAX_CONNECTIONS_OF_A_USER = 1_024;

    private final EnclaveManager enclaves;
    private final Joining joining;
    private final Path path;
    private final ServerSocketChannel server;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> connectionsByUser = new ConcurrentHashMap<>();

    private ClientServer(EnclaveManager enclaves, Path path, ServerSocketChannel server) {
        this.enclaves = enclaves;
        this.path = path;
        this.server = server;
        joining = new Joining(enclaves);
    }

    /** Listens at {@code path}; whoever calls this has the lock of the work directory. */
    static ClientServer start(EnclaveManager enclaves, Path path) throws GhostException {
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
            ClientServer clients = new ClientServer(enclaves, path, server);
            Thread.ofVirtual().name("clients").start(clients::accept);
            return clients;
        } catch (IOException | IllegalArgumentException e) {
            throw new GhostException("cannot listen at " + path + ": " + Sentences.of(e));
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                connections.add(connection);
                Thread.ofVirtual().name("client").start(() -> serve(connection));
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException e) {
                LOG.warn("client socket: {}", Sentences.of(e));
            }
        }
    }

    private void serve(SocketChannel connection) {
        String user = "";
        try (connection) {
            Caller caller = new Caller(connection.getOption(ExtendedSocketOptions.SO_PEERCRED).user());
            user = caller.user().getName();
            ClientSession session = new ClientSession(enclaves, joining, caller, connection);
            if (connectionsByUser.merge(user, 1, Integer::sum) > MAX_CONNECTIONS_OF_A_USER
                    || connections.size() > MAX_CONNECTIONS) {
                session.refuse("this host is busy with " + connections.size() + " clients");
            } else {
                session.serve();
            }
        } catch (IOException e) {
            LOG.debug("client: {}", Sentences.of(e));
        } finally {
            connections.remove(connection);
            connectionsByUser.computeIfPresent(user, (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Listens no more and hangs up. */
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }
}
