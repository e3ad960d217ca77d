package org.ghosthost.host;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;

/** The commands of scope {@code ghost} that are about the host itself. */
public final class HostCommands {
    private final Gogo gogo;
    private final Runnable shutdown;

    HostCommands(Gogo gogo, Runnable shutdown) {
        this.gogo = gogo;
        this.shutdown = shutdown;
    }

    /** Names of the functions. */
    static String[] functions() {
        return new String[] {"check", "version", "shutdown", "help"};
    }

    /** Says whether a jar is a policy that this host would take. */
    @Descriptor("say whether a jar is a policy that this host would take; installs nothing")
    public void check(CommandSession session, @Descriptor("JAR [--json]") String[] arguments) throws GhostException {
        List<String> words = Arrays.stream(arguments).filter(word -> !word.equals("--json")).toList();
        if (words.size() != 1 || words.getFirst().startsWith("-")) {
            throw new GhostException("usage: check JAR [--json]");
        }
        Path file = session.currentDir().resolve(words.getFirst()).normalize();
        BundleCommands.output(session).println(CheckCommand.report(file, words.size() < arguments.length));
    }

    /** Prints the version of the product. */
    @Descriptor("print the version of the product")
    public void version(CommandSession session, @Descriptor("[--json]") String[] arguments) {
        boolean json = Arrays.asList(arguments).contains("--json");
        BundleCommands.output(session).println(json
                ? new Json().add("version", Main.version()).add("java", System.getProperty("java.version")).toString()
                : "ghost " + Main.version() + ", Java " + System.getProperty("java.version"));
    }

    /** Stops the host. */
    @Descriptor("stop the host: enclaves are destroyed, their threads go back to the default scheduler")
    public void shutdown() {
        shutdown.run();
    }

    /** Says what one can do. */
    @Descriptor("list the commands")
    public void help(CommandSession session) {
        PrintStream out = BundleCommands.output(session);
        for (String scope : List.of("ghost", "felix")) {
            out.println("Commands of scope " + scope + ":");
            for (String name : gogo.functions(scope)) {
                out.printf("  %-16s%s%n", name, gogo.describe(session, scope + ":" + name));
            }
        }
        out.println("A command of scope ghost says more by --help, any other by felix:help COMMAND.");
    }
}
