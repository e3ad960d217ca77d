package org.ghosthost.host;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.osgi.framework.BundleContext;

/** A real Felix with the gate, Gogo and the bundle commands, and no enclaves. */
final class Embedded implements AutoCloseable {
    private final InputStream in = System.in;
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;

    final Path policyFolder;
    final ContentRegister register;
    final BundleGate gate;
    final EmbeddedFramework framework;
    final Gogo gogo;
    final PolicyBundles policies;

    Embedded(Path folder) throws Exception {
        policyFolder = Files.createDirectories(folder.resolve("policies"));
        register = new ContentRegister();
        gate = new BundleGate(register);
        framework = EmbeddedFramework.start(folder.resolve("cache"), gate);
        gogo = Gogo.start(framework.context());
        policies = new PolicyBundles(framework.context(), gate, register,
                new PolicySource(policyFolder, folder.resolve("incoming")), null);
        gogo.offer("felix", new BundleCommands(framework.context(), gate, policies, () -> {}),
                BundleCommands.functions());
        gogo.offer("ghost", new HostCommands(gogo, () -> {}), HostCommands.functions());
    }

    BundleContext context() {
        return framework.context();
    }

    /** What a line prints, to both streams, and its status in front. */
    String run(Path directory, String line) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        try (Session session = new Session(gogo, InputStream.nullInputStream(), out, out, directory)) {
            int status = session.run(line);
            return (status + " " + bytes.toString(StandardCharsets.UTF_8)).strip();
        }
    }

    @Override
    public void close() {
        policies.close();
        gogo.close();
        framework.close();
        // A command that was interrupted gives its streams back on its own thread, and takes System.out with them.
        Awaitility.await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("pipe-")));
        System.setIn(in);
        System.setOut(out);
        System.setErr(err);
    }
}
