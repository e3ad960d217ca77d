package org.ghosthost.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The other end of a host's client socket. */
final class ClientConnection implements AutoCloseable {
    private final SocketChannel connection;
    private final BufferedReader in;

    private ClientConnection(SocketChannel connection) {
        this.connection = connection;
        in = new BufferedReader(new InputStreamReader(Channels.newInputStream(connection), StandardCharsets.UTF_8));
    }

    /** Connects to the first of these sockets at which a host listens. */
    static ClientConnection connect(List<Path> sockets) throws GhostException {
        for (Path socket : sockets) {
            if (!Files.exists(socket)) {
                continue;
            }
            try {
                return new ClientConnection(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            } catch (ConnectException _) {
                // Left there by a host that is dead.
            } catch (IOException | IllegalArgumentException e) {
                throw new GhostException("cannot reach the host at " + socket + ": " + Sentences.of(e));
            }
        }
        throw new GhostException("no host is running at " + String.join(" or ", sockets.stream().map(Path::toString)
                .toList()) + "; start one with: ghost host --backend sched_ext --ghost_cpus 0-3");
    }

    /**
     * Asks.
     *
     * @return how many threads came in, or went back
     * @throws GhostException if the host refuses
     */
    int ask(String request) throws GhostException {
        try {
            connection.write(StandardCharsets.UTF_8.encode(request + "\n"));
            String answer = in.readLine();
            if (answer == null) {
                throw new GhostException("the host went away before it answered");
            }
            String[] words = answer.split(" ", 3);
            if (words[0].equals("ok") && words.length == 3) {
                return Integer.parseInt(words[1]);
            }
            throw new GhostException(words.length == 3 ? words[2] : "the host answered nonsense: " + answer);
        } catch (IOException e) {
            throw new GhostException("the host went away: " + Sentences.of(e));
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
