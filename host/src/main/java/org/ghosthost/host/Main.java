package org.ghosthost.host;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The command {@code ghost}. */
public final class Main {
    private static final Map<String, String> SUBCOMMANDS = new TreeMap<>(Map.of(
            "host", "start a host: a long-lived process that owns enclaves",
            "exec", "run commands in a running host",
            "simulate", "run a workload under a policy on a simulated machine",
            "demo", "roll a policy twice under load, and show what happened",
            "check", "say whether a jar is a policy that a host would take",
            "doctor", "say whether this machine can schedule real threads, and what is missing",
            "push", "bring threads into an enclave, or start a command in it",
            "pull", "give threads back to the default scheduler"));
    private static final List<String> ORDER = List.of("demo", "host", "exec", "push", "pull", "simulate", "check",
            "doctor");

    /** System property: the folder of the unpacked product. */
    static final String HOME = "ghost.home";

    private Main() {}

    /** Runs a subcommand and ends the process with its exit status. */
    public static void main(String[] args) {
        int status = run(Arrays.asList(args), System.out, System.err);
        System.out.flush();
        System.exit(status);
    }

    /** Runs a subcommand; every failure is one sentence on {@code err}. */
    static int run(List<String> args, PrintStream out, PrintStream err) {
        try {
            return dispatch(args, out, err);
        } catch (GhostException e) {
            err.println("ghost: " + e);
            return e.status();
        } catch (RuntimeException | Error e) {
            err.println("ghost: " + (e instanceof Error ? Sentences.of(e) : Sentences.defect(e)));
            return GhostException.FAILED;
        }
    }

    private static int dispatch(List<String> args, PrintStream out, PrintStream err) throws GhostException {
        String first = args.isEmpty() ? "" : args.getFirst();
        List<String> rest = args.isEmpty() ? args : args.subList(1, args.size());
        return switch (first) {
            case "host" -> HostCommand.run(rest, out, err);
            case "exec" -> ExecCommand.run(rest, System.in, out, err);
            case "push" -> JoinCommands.push(rest, out);
            case "pull" -> JoinCommands.pull(rest, out);
            case "check" -> CheckCommand.run(rest, out);
            case "simulate", "demo", "doctor" -> FunctionCommand.run(first, rest, out, err);
            case "--help", "-h", "help" -> help(out);
            case "--version", "-V", "version" -> version(out);
            case "" -> throw GhostException.usage("say what to do, for instance: ghost demo; see ghost --help");
            default -> throw unknown(first);
        };
    }

    private static GhostException unknown(String word) {
        if (word.startsWith("-")) {
            return GhostException.usage("unknown option '" + word + "'; see ghost --help");
        }
        return GhostException.usage("unknown subcommand '" + word + "'"
                + Sentences.didYouMean(word, SUBCOMMANDS.keySet(), "ghost ") + "; see ghost --help");
    }

    private static int help(PrintStream out) {
        out.println("Usage: ghost SUBCOMMAND [OPTIONS]");
        out.println();
        out.println("Schedules threads by policies written in Java, and rolls a policy to its next version live.");
        out.println();
        for (String name : ORDER) {
            out.printf("  %-10s%s%n", name, SUBCOMMANDS.get(name));
        }
        out.println();
        out.println("  ghost SUBCOMMAND --help says more; ghost --version prints the version.");
        return 0;
    }

    private static int version(PrintStream out) {
        out.println("ghost " + version());
        return 0;
    }

    /** Version of the product. */
    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "(not built)" : version;
    }

    /** The folder of the unpacked product. */
    static Path home() throws GhostException {
        String home = System.getProperty(HOME);
        if (home == null) {
            throw new GhostException("start Ghosthost by its bin/ghost, which says where it is installed");
        }
        return Path.of(home);
    }
}
