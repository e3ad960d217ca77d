package org.ghosthost.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/**
 * The shell of {@code ghost host --console}: Gogo's JLine shell on a terminal, plain lines where there is none. Its end
 * is the end of the host.
 */
final class Console {
    private static final String PROFILE = "gosh_profile";
    /** Gogo's name of the thread that reads from the terminal. */
    private static final String SHELL_THREAD = "Gogo shell";

    private Console() {}

    /**
     * Opens the shell and returns.
     *
     * @param out the process's own output; {@code System.out} is Gogo's by now, and leads back to it
     * @param err the process's own errors
     */
    static void open(Host host, WorkDirectory work, PrintStream out, PrintStream err) throws GhostException {
        if (!isTerminal()) {
            Thread.ofVirtual().name("console").start(() -> readLines(host, System.in, out, err));
            return;
        }
        prepare(work);
        openOnTerminal(host);
    }

    /** Whether a person types here and sees what is printed. */
    @SuppressWarnings("SystemConsoleNull") // its documentation still allows null
    static boolean isTerminal() {
        java.io.Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Puts the profile where Gogo looks for it; its own one would open the whole JVM as commands. */
    private static void prepare(WorkDirectory work) throws GhostException {
        Path home = work.consoleHome();
        try (InputStream profile = Console.class.getResourceAsStream(PROFILE)) {
            if (profile == null) {
                throw new GhostException("the installation is not complete: the console has no profile");
            }
            String text = new String(profile.readAllBytes(), StandardCharsets.UTF_8);
            Files.createDirectories(home.resolve("etc"));
            Files.writeString(home.resolve("etc").resolve(PROFILE),
                    text.replace("@HISTORY@", home.resolve("history").toString()));
        } catch (IOException e) {
            throw new GhostException("cannot prepare the console in " + home + ": " + Sentences.of(e));
        }
        System.setProperty("gosh.home", home.toString());
        System.setProperty("gosh.args", "--nohistory --noshutdown");
        System.setProperty("org.jline.terminal.provider", "exec");
    }

    /** JLine looks for its terminals through the thread's context loader, which must therefore be its own bundle's. */
    private static void openOnTerminal(Host host) throws GhostException {
        Thread thread = Thread.currentThread();
        ClassLoader former = thread.getContextClassLoader();
        try {
            List<Path> jars = host.bundles().console();
            Bundle jline = host.framework().addOwn(jars.subList(0, 1)).getFirst();
            thread.setContextClassLoader(jline.adapt(BundleWiring.class).getClassLoader());
            host.framework().addOwn(jars.subList(1, jars.size()));
        } finally {
            thread.setContextClassLoader(former);
        }
        Thread.getAllStackTraces().keySet().stream().filter(shell -> shell.getName().equals(SHELL_THREAD))
                .forEach(shell -> Thread.ofVirtual().name("console").start(() -> awaitEnd(shell, host)));
    }

    /** Gogo itself would stop Felix first, and the host after it. */
    private static void awaitEnd(Thread shell, Host host) {
        try {
            shell.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        host.end();
    }

    /** Runs lines until their end, or {@code exit}; stops at the first that fails, as {@code ghost exec} does. */
    private static void readLines(Host host, InputStream in, PrintStream out, PrintStream err) {
        int status = 0;
        try (Session session =
                new Session(host.gogo(), InputStream.nullInputStream(), out, err, Path.of("").toAbsolutePath())) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && status == 0; line = lines.readLine()) {
                if (ExecCommand.isLeave(line)) {
                    break;
                }
                status = ExecCommand.isBlank(line) ? 0 : session.run(line);
            }
        } catch (IOException e) {
            err.println("ghost: " + Sentences.of(e));
            status = GhostException.FAILED;
        } finally {
            host.end(status);
        }
    }
}
