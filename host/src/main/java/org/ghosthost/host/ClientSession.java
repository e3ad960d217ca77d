package org.ghosthost.host;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.join.Caller;
import org.ghosthost.enclave.join.JoinException;
import org.ghosthost.enclave.join.Joining;
import org.ghosthost.enclave.join.Target;
import org.ghosthost.enclave.kernel.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client. Lines of text, in UTF-8, one answer for each; {@code -} is the only enclave there is.
 *
 * <pre>
 *  enter ENCLAVE tid TID        ok THREADS GTID      THREADS came in; GTID is the thread's
 *  enter ENCLAVE pid PID        ok THREADS GTID      GTID is the first thread's
 *  enter ENCLAVE cgroup PATH    ok THREADS 0
 *  leave tid TID                ok THREADS 0         THREADS went back
 *  leave pid PID                ok THREADS 0
 *  leave cgroup PATH            ok THREADS 0
 *  table PID DESCRIPTOR         ok 0 0               the PrioTable in the memory behind a file of the process is read
 *                               error ERRNO SENTENCE
 * </pre>
 */
final class ClientSession {
    /** Longest line, its end included. */
    static final int MAX_LINE_BYTES = 4_352;

    private static final Logger LOG = LogManager.getLogger(ClientSession.class);

    private final EnclaveManager enclaves;
    private final Joining joining;
    private final Caller caller;
    private final InputStream in;
    private final OutputStream out;

    ClientSession(EnclaveManager enclaves, Joining joining, Caller caller, SocketChannel connection) {
        this.enclaves = enclaves;
        this.joining = joining;
        this.caller = caller;
        in = new BufferedInputStream(Channels.newInputStream(connection), MAX_LINE_BYTES);
        out = Channels.newOutputStream(connection);
    }

    /** Serves until the client hangs up. */
    void serve() throws IOException {
        for (String line = read(); line != null; line = read()) {
            String answer = answer(line);
            if (!line.contains(" tid ")) { // of single threads there may be thousands
                LOG.info("{}: {}: {}", caller.user().getName(), line, answer);
            }
            write(answer);
        }
    }

    /** Answers nothing but this sentence. */
    void refuse(String sentence) throws IOException {
        write(error(Errno.EBUSY, sentence));
    }

    private @Nullable String read() throws IOException {
        byte[] line = new byte[MAX_LINE_BYTES];
        for (int length = 0; length < MAX_LINE_BYTES; length++) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            if (next == '\n') {
                return new String(line, 0, length, StandardCharsets.UTF_8);
            }
            line[length] = (byte) next;
        }
        throw new IOException("a request is longer than " + MAX_LINE_BYTES + " bytes");
    }

    private void write(String answer) throws IOException {
        out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private String answer(String line) {
        List<String> words = List.of(line.split(" ", 4));
        try {
            return switch (words.getFirst()) {
                case "enter" -> enter(words);
                case "leave" -> leave(line.split(" ", 3));
                case "table" -> table(words);
                default -> error(Errno.EINVAL, "a client may enter, leave or hand over a table, not '"
                        + words.getFirst() + "'");
            };
        } catch (JoinException e) {
            return error(e.errno(), e.getMessage());
        } catch (EnclaveException e) {
            return error(Errno.ENODEV, String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            return error(Errno.EINVAL, String.valueOf(e.getMessage()));
        }
    }

    private String enter(List<String> words) throws JoinException, EnclaveException {
        if (words.size() != 4) {
            throw new IllegalArgumentException("say: enter ENCLAVE pid|tid|cgroup WHICH");
        }
        int enclave = words.get(1).equals("-") ? onlyEnclave() : number(words.get(1));
        Target target = Target.parse(words.get(2), words.get(3));
        int threads = joining.push(caller, enclave, target);
        int first = switch (target) {
            case Target.OneThread(int tid) -> tid;
            case Target.OneProcess(int pid) -> pid;
            case Target.Cgroup _ -> 0;
        };
        return ok(threads, first == 0 ? 0 : joining.gtid(enclave, first));
    }

    private String leave(String[] words) throws JoinException {
        if (words.length != 3) {
            throw new IllegalArgumentException("say: leave pid|tid|cgroup WHICH");
        }
        return ok(joining.pull(caller, Target.parse(words[1], words[2])), 0);
    }

    private String table(List<String> words) throws JoinException {
        if (words.size() != 3) {
            throw new IllegalArgumentException("say: table PID DESCRIPTOR");
        }
        joining.takePrioTable(caller, number(words.get(1)), number(words.get(2)));
        return ok(0, 0);
    }

    private int onlyEnclave() throws EnclaveException {
        List<Enclave> all = enclaves.enclaves();
        if (all.size() != 1) {
            throw new EnclaveException(all.isEmpty() ? "there is no enclave: make one with ghost:create"
                    : "say which enclave: there are " + all.stream().map(Enclave::id).toList());
        }
        return all.getFirst().id();
    }

    private static int number(String word) {
        try {
            return Integer.parseInt(word);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("not a number: '" + word + "'");
        }
    }

    private static String ok(int threads, long gtid) {
        return "ok " + threads + " " + gtid;
    }

    private static String error(Errno errno, String sentence) {
        return "error " + errno.number() + " " + sentence.replace('\n', ' ');
    }
}
