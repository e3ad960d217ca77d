package org.ghosthost.host;

import static org.ghosthost.host.CommandLineParser.flag;
import static org.ghosthost.host.CommandLineParser.value;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/**
 * {@code ghost push} and {@code ghost pull}. A command that shall run in an enclave is started by the launcher, which
 * is a shell: it starts this process to have itself brought in, and then becomes the command. So the command is in the
 * enclave from its first instruction on, this process never is, and terminal, signals and exit status are the command's
 * own.
 */
final class JoinCommands {
    /** Exit status that tells the launcher to go on and become the command. */
    static final int BECOME_THE_COMMAND = 100;
    /** System property: pid of the launcher. */
    static final String LAUNCHER = "ghost.launcher";

    private static final List<Option> OPTIONS = List.of(
            value("pid", "PID", "a process with all its threads"),
            value("tid", "TID", "one thread"),
            value("cgroup", "PATH", "all processes of a cgroup, and of those below it"),
            value("name", "NAME", "name of the host, if there are several (default)"),
            value("workdir", "DIR", "work directory of the host"),
            value("socket", "FILE", "client socket of the host"),
            flag("json", "answer in JSON"));
    private static final CommandLineParser PUSH = new CommandLineParser("push", "[ENCLAVE] [-- COMMAND [ARGUMENT]...]",
            """
            Brings threads into an enclave, where its policy schedules them; their children are born there.
            Or starts a command inside: ghost push 1 -- make -j8
            One of --pid, --tid, --cgroup or a command says what; ENCLAVE may be left out if there is only one.""",
            OPTIONS);
    private static final CommandLineParser PULL = new CommandLineParser("pull", "",
            "Gives threads back to the default scheduler.", OPTIONS);

    private JoinCommands() {}

    static int push(List<String> words, PrintStream out) throws GhostException {
        int dashes = words.indexOf("--");
        CommandLine line = PUSH.parse(dashes < 0 ? words : words.subList(0, dashes), false);
        if (line.hasOption("help")) {
            PUSH.printHelp(out);
            return 0;
        }
        if (line.getArgList().size() > 1) {
            throw GhostException.usage("'" + line.getArgList().get(1) + "' is too much; a command follows --");
        }
        String enclave = line.getArgList().isEmpty() ? "-" : line.getArgList().getFirst();
        if (!enclave.equals("-")) {
            HostOptions.enclave("ENCLAVE", enclave);
        }
        if (dashes < 0) {
            report(line, "entered", ask(line, "enter " + enclave + " " + target(line)), out);
            return 0;
        }
        if (dashes + 1 == words.size()) {
            throw GhostException.usage("say which command after --; see ghost push --help");
        }
        if (!targets(line).isEmpty()) {
            throw GhostException.usage("--" + targets(line).getFirst() + " and a command exclude each other");
        }
        String launcher = System.getProperty(LAUNCHER);
        if (launcher == null) {
            throw new GhostException("a command is started by bin/ghost: use that");
        }
        ask(line, "enter " + enclave + " pid " + launcher);
        return BECOME_THE_COMMAND;
    }

    static int pull(List<String> words, PrintStream out) throws GhostException {
        CommandLine line = PULL.parse(words, false);
        if (line.hasOption("help")) {
            PULL.printHelp(out);
            return 0;
        }
        report(line, "left", ask(line, "leave " + target(line)), out);
        return 0;
    }

    private static void report(CommandLine line, String what, int threads, PrintStream out) {
        out.println(line.hasOption("json") ? new Json().add("threads", threads).toString()
                : threads + (threads == 1 ? " thread " : " threads ") + what);
    }

    private static List<String> targets(CommandLine line) {
        List<String> given = new ArrayList<>(List.of("pid", "tid", "cgroup"));
        given.removeIf(kind -> !line.hasOption(kind));
        return given;
    }

    private static String target(CommandLine line) throws GhostException {
        List<String> given = targets(line);
        if (given.size() != 1) {
            throw GhostException.usage(given.isEmpty() ? "say what: --pid, --tid or --cgroup"
                    : "--" + given.get(0) + " and --" + given.get(1) + " exclude each other");
        }
        String text = line.getOptionValue(given.getFirst());
        if (text.contains("\n")) {
            throw GhostException.usage("--" + given.getFirst() + " is one line");
        }
        return given.getFirst() + " " + text;
    }

    private static int ask(CommandLine line, String request) throws GhostException {
        try (ClientConnection connection = ClientConnection.connect(sockets(line))) {
            return connection.ask(request);
        } catch (IOException e) {
            throw new GhostException(Sentences.of(e));
        }
    }

    private static List<Path> sockets(CommandLine line) throws GhostException {
        if (line.hasOption("socket")) {
            return List.of(Path.of(line.getOptionValue("socket")).toAbsolutePath());
        }
        Set<Path> folders = new LinkedHashSet<>();
        folders.add(HostOptions.workDirectory(line));
        if (!line.hasOption("workdir")) {
            folders.add(WorkDirectory.OF_ROOT.resolve(line.getOptionValue("name", WorkDirectory.DEFAULT_NAME)));
        }
        return folders.stream().map(WorkDirectory::clientSocket).toList();
    }
}
