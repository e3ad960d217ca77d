package org.ghosthost.simulate;

import java.util.List;
import java.util.Set;
import org.apache.commons.cli.AlreadySelectedException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** Command lines with long options, and one sentence for each thing that can be wrong with them. */
final class CommandLines {
    /** The options that may be given more than once. */
    private static final Set<String> REPEATABLE = Set.of("roll", "config", "costs");

    private static final int HELP_COLUMN = 24;

    private CommandLines() {
    }

    static Option value(String name, String argument, String description) {
        return Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get();
    }

    static Option flag(String name, String description) {
        return Option.builder().longOpt(name).desc(description).get();
    }

    /** Splits a command line; whatever is wrong with it becomes one sentence. */
    static CommandLine parse(Options options, List<String> arguments, String command) {
        try {
            CommandLine line = DefaultParser.builder().setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false).get()
                    .parse(options, arguments.toArray(String[]::new), false);
            if (!line.getArgList().isEmpty()) {
                throw new SimulateException("'" + line.getArgList().getFirst() + "' belongs to no option; "
                        + "'ghost " + command + " --help' lists them");
            }
            for (Option option : line.getOptions()) {
                String[] values = line.getOptionValues(option);
                if (values != null && values.length > 1 && !REPEATABLE.contains(option.getLongOpt())) {
                    throw new SimulateException("--" + option.getLongOpt() + " is given twice; give it once");
                }
            }
            return line;
        } catch (UnrecognizedOptionException e) {
            throw new SimulateException("unknown option '" + e.getOption() + "'; 'ghost " + command
                    + " --help' lists the options", e);
        } catch (MissingArgumentException e) {
            throw new SimulateException("--" + e.getOption().getLongOpt() + " needs a value: --"
                    + e.getOption().getLongOpt() + " " + e.getOption().getArgName(), e);
        } catch (AlreadySelectedException e) {
            throw new SimulateException("give either --cpus or --machine, not both", e);
        } catch (ParseException e) {
            throw new SimulateException(String.valueOf(e.getMessage()), e);
        }
    }

    static long seed(CommandLine line) {
        String text = line.getOptionValue("seed", "1");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new SimulateException("--seed '" + text + "' is not a whole number of 64 bits", e);
        }
    }

    /** Whether help is asked for; then nothing else counts. */
    static boolean wantsHelp(List<String> arguments) {
        return arguments.contains("--help") || arguments.contains("-h");
    }

    /** How to use a command. */
    static String help(String command, String description, Options options) {
        StringBuilder text = new StringBuilder("Usage: ghost " + command + " [OPTIONS]\n\n" + description + "\n\n");
        for (Option option : options.getOptions()) {
            String left = "  --" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : "");
            text.append(left).append(" ".repeat(HELP_COLUMN - left.length())).append(option.getDescription())
                    .append('\n');
        }
        return text.append("  --help").append(" ".repeat(HELP_COLUMN - 8)).append("say this\n").toString();
    }
}
