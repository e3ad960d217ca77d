package org.ghosthost.host;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.ghosthost.policy.Feature;

/** {@code ghost check}: what the gate of a host would say about a jar, without a host. */
final class CheckCommand {
    private static final CommandLineParser PARSER = new CommandLineParser("check", "FILE",
            "Says whether a jar is a policy that a host would take, or whether a configuration is in order; starts"
                    + " nothing.",
            List.of(CommandLineParser.flag("json", "answer in JSON")));

    private CheckCommand() {}

    static int run(List<String> args, PrintStream out) throws GhostException {
        CommandLine line = PARSER.parse(args, false);
        if (line.hasOption("help")) {
            PARSER.printHelp(out);
            return 0;
        }
        if (line.getArgList().size() != 1) {
            throw GhostException.usage("name one jar or configuration; see ghost check --help");
        }
        Path file = Path.of(line.getArgList().getFirst()).toAbsolutePath().normalize();
        out.println(file.toString().endsWith(".conf") ? configuration(file, line.hasOption("json"))
                : report(file, line.hasOption("json")));
        return 0;
    }

    private static String configuration(Path file, boolean json) throws GhostException {
        String home = System.getProperty(Main.HOME);
        HostConfig config = HostConfig.read(file, home == null ? file : Path.of(home, "policies"));
        return json ? new Json().add("file", file.toString()).add("backend", config.backend())
                .add("enclaves", config.enclaves().stream().map(plan -> Integer.toString(plan.id())).toList())
                .toString() : config.summary();
    }

    /** Checks a jar and tells what it is. */
    static String report(Path file, boolean json) throws GhostException {
        PolicyJar jar = PolicyJar.read(file);
        try {
            Owner.checkSource(file);
        } catch (IOException e) {
            throw new GhostException("cannot read " + file + ": " + Sentences.of(e));
        }
        String needs = jar.needs().stream().map(Feature::text).sorted().collect(Collectors.joining(", "));
        if (!json) {
            return file.getFileName() + " is in order: policy " + jar.title() + ", " + jar.model().text()
                    + (needs.isEmpty() ? "" : ", needs " + needs) + ", sha-256 " + jar.sha256();
        }
        return new Json().add("file", file.toString()).add("policy", jar.name())
                .add("version", jar.version().toString()).add("model", jar.model().text())
                .add("needs", jar.needs().stream().map(Feature::text).sorted().toList())
                .add("sha256", jar.sha256()).toString();
    }
}
