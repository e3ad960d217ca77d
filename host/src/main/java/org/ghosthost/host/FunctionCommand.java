package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.ghosthost.enclave.PolicyLoader;

/**
 * A subcommand that a bundle offers: a Gogo function of scope {@code ghost}, run in a Felix of its own, without a host.
 * It is called with the words of the command line; the {@code int} it returns is the exit status.
 */
final class FunctionCommand {
    private FunctionCommand() {}

    static int run(String name, List<String> words, PrintStream out, PrintStream err) throws GhostException {
        Path home = Main.home();
        Path scratch = scratch();
        Thread hook = new Thread(() -> delete(scratch), "delete scratch folder");
        Runtime.getRuntime().addShutdownHook(hook);
        Signals.onFirst(List.of("INT", "TERM", "HUP"), status -> {
            err.println("ghost: interrupted");
            delete(scratch);
            Runtime.getRuntime().halt(status);
        });
        ContentRegister register = new ContentRegister();
        BundleGate gate = new BundleGate(register);
        OwnBundles bundles = new OwnBundles(home);
        try (EmbeddedFramework framework = EmbeddedFramework.start(scratch.resolve("cache"), gate);
                Gogo gogo = Gogo.start(framework.context());
                PolicyBundles policies = new PolicyBundles(framework.context(), gate, register,
                        new PolicySource(home.resolve("policies"), scratch.resolve("incoming")), null)) {
            framework.context().registerService(PolicyLoader.class, policies, null);
            framework.addOwn(name.equals("doctor") ? bundles.thisMachine() : bundles.simulator());
            Path directory = Path.of("").toAbsolutePath();
            return call(gogo.session(InputStream.nullInputStream(), out, err, directory), name, words);
        } finally {
            Logging.end();
        }
    }

    private static int call(CommandSession session, String name, List<String> words) throws GhostException {
        try (session) {
            Function function = Gogo.function(session, "ghost", name);
            if (function == null) {
                throw new GhostException("the installation is not complete: no bundle offers '" + name + "'");
            }
            return function.execute(session, new ArrayList<>(words)) instanceof Integer status ? status : 0;
        } catch (GhostException e) {
            throw e;
        } catch (Exception e) { // NOPMD Gogo's signature; whatever it is becomes a sentence
            throw new GhostException(Sentences.of(e));
        }
    }

    private static Path scratch() throws GhostException {
        try {
            return Files.createTempDirectory("ghost");
        } catch (IOException e) {
            throw new GhostException("cannot make a scratch folder: " + Sentences.of(e));
        }
    }

    private static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, java.io.IOException failure)
                        throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException _) {
            // Scratch: what another thread still writes is left to the system's own cleaning.
        }
    }
}
