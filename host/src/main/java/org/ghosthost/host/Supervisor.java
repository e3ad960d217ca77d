package org.ghosthost.host;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Tells systemd how the host is, if it was started by it. The JDK has no datagram sockets of the Unix domain, so that
 * systemd's own program says it; the unit must accept it from there ({@code NotifyAccess=all}).
 */
final class Supervisor {
    private static final Logger LOG = LogManager.getLogger(Supervisor.class);
    private static final int TIMEOUT_S = 10;

    private Supervisor() {}

    /** The host takes commands. */
    static void ready(String status) {
        notify(List.of("systemd-notify", "--ready", "--pid=" + ProcessHandle.current().pid(), "--status=" + status));
    }

    /** The host is about to end. */
    static void stopping() {
        notify(List.of("systemd-notify", "--pid=" + ProcessHandle.current().pid(), "STOPPING=1"));
    }

    private static void notify(List<String> command) {
        if (System.getenv("NOTIFY_SOCKET") == null) {
            return;
        }
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                LOG.warn("systemd was not told: {}", String.join(" ", command));
            }
        } catch (IOException e) {
            LOG.warn("systemd was not told: {}", Sentences.of(e));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
