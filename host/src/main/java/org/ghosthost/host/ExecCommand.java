package org.ghosthost.host;

import static org.ghosthost.host.CommandLineParser.value;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;

/** {@code ghost exec}: commands for a running host, from the command line or from standard input. */
final class ExecCommand {
    private static final CommandLineParser PARSER = new CommandLineParser("exec", "[COMMAND [ARGUMENT]...]",
            """
            Runs a command in a running host, for instance: ghost exec status 1 --json
            A single argument may be a whole line, as in: ghost exec 'status 1; tasks 1'
            Without a command the lines of standard input are run, up to the first that fails.""",
            List.of(
                    value("name", "NAME", "name of the host, if there are several (default)"),
                    value("workdir", "DIR", "work directory of the host"),
                    value("socket", "FILE", "control socket of the host")));

    private ExecCommand() {}

    static int run(List<String> args, InputStream stdin, PrintStream out, PrintStream err) throws GhostException {
        CommandLine line = PARSER.parse(args, true);
        if (line.hasOption("help")) {
            PARSER.printHelp(out);
            return 0;
        }
        Path socket = line.hasOption("socket") ? Path.of(line.getOptionValue("socket")).toAbsolutePath()
                : WorkDirectory.socket(HostOptions.workDirectory(line));
        boolean named = line.hasOption("socket") || line.hasOption("workdir") || line.hasOption("name");
        try (ControlClient client = connect(socket, named)) {
            List<String> command = line.getArgList();
            return command.isEmpty() ? runLines(client, stdin, out, err) : client.run(join(command), out, err);
        } catch (IOException e) {
            throw new GhostException(Sentences.of(e));
        }
    }

    /** Connects, or says which other hosts of this user are running if none was named. */
    private static ControlClient connect(Path socket, boolean named) throws GhostException {
        try {
            return ControlClient.connect(socket, Path.of(""));
        } catch (GhostException e) {
            List<String> others = named ? List.of() : running(WorkDirectory.base(System.getenv()));
            throw others.isEmpty() ? e : new GhostException("no host is called '" + WorkDirectory.DEFAULT_NAME
                    + "'; choose one by --name: " + String.join(", ", others));
        }
    }

    /** Names of the hosts that have their work directories in this folder and answer. */
    static List<String> running(Path base) {
        try (Stream<Path> folders = Files.list(base)) {
            return folders.filter(folder -> answers(WorkDirectory.socket(folder)))
                    .map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    private static boolean answers(Path socket) {
        try (ControlClient _ = ControlClient.connect(socket, Path.of(""))) {
            return true;
        } catch (GhostException | IOException _) {
            return false;
        }
    }

    /** A single word is a line as it is; several are one command and its arguments, whatever is in them. */
    static String join(List<String> words) {
        if (words.size() == 1) {
            return words.getFirst();
        }
        return words.stream().map(ExecCommand::quote).collect(Collectors.joining(" "));
    }

    private static String quote(String word) {
        return word.matches("[A-Za-z0-9_./:,=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private static int runLines(ControlClient client, InputStream stdin, PrintStream out, PrintStream err)
            throws IOException, GhostException {
        String prompt = Console.isTerminal() ? "ghost> " : null;
        BufferedReader reader = new BufferedReader(new InputStreamReader(stdin, StandardCharsets.UTF_8));
        int number = 0;
        for (String line = next(reader, prompt, out); line != null; line = next(reader, prompt, out)) {
            number++;
            if (isLeave(line)) {
                return 0;
            }
            int status = isBlank(line) ? 0 : client.run(line, out, err);
            if (status != 0 && prompt == null) {
                err.println("ghost: stopped at line " + number);
                return status;
            }
        }
        return 0;
    }

    private static @Nullable String next(BufferedReader reader, @Nullable String prompt, PrintStream out)
            throws IOException {
        if (prompt != null) {
            out.print(prompt);
            out.flush();
        }
        return reader.readLine();
    }

    /** Whether a line is empty or a comment. */
    static boolean isBlank(String line) {
        return line.isBlank() || line.stripLeading().startsWith("#");
    }

    /** Whether a line ends the session, not the host. */
    static boolean isLeave(String line) {
        return line.strip().equals("exit") || line.strip().equals("quit");
    }
}
