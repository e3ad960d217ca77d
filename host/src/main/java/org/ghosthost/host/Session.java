package org.ghosthost.host;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Job;

/** Runs command lines one after another, and tells by an exit status how each of them went. */
final class Session implements AutoCloseable {
    private final CommandSession session;
    private final PrintStream out;
    private final PrintStream err;

    Session(Gogo gogo, InputStream in, PrintStream out, PrintStream err, Path directory) {
        this.session = gogo.session(in, out, err, directory);
        this.out = out;
        this.err = err;
    }

    /**
     * Runs one line.
     *
     * @return 0 if it went well; what an {@code int} function returned; 1 after an error, which is then on {@code err}
     */
    int run(String line) {
        try {
            Object result = session.execute(line);
            if (result instanceof Integer status) {
                return status;
            }
            if (result != null) {
                out.println(String.valueOf(session.format(result, Converter.INSPECT)).stripTrailing());
            }
            return 0;
        } catch (CancellationException _) {
            err.println("ghost: interrupted");
            return 1;
        } catch (Exception e) { // NOPMD Gogo's signature; whatever it is becomes a sentence
            err.println("ghost: " + Sentences.of(e));
            return 1;
        } finally {
            out.flush();
            err.flush();
        }
    }

    /** Ends the command that is running, if it can be interrupted. */
    void interrupt() {
        Job job = session.foregroundJob();
        if (job != null) {
            job.interrupt();
        }
    }

    CommandSession gogo() {
        return session;
    }

    @Override
    public void close() {
        session.close();
    }
}
