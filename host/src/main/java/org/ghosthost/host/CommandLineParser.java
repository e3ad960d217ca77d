package org.ghosthost.host;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.AmbiguousOptionException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/**
 * The command line of one subcommand: its options, and what {@code --help} says.
 *
 * @param name the subcommand
 * @param arguments what follows the options, for people
 * @param description what it does
 * @param options its options, without {@code --help}
 */
record CommandLineParser(String name, String arguments, String description, List<Option> options) {
    private static final Option HELP = Option.builder("h").longOpt("help").desc("say this").get();
    private static final int COLUMN = 24;
    /** Stands in the description of an option that may be given several times. */
    private static final String REPEATABLE = "(repeatable)";

    /** An option that is there or not. */
    static Option flag(String name, String description) {
        return Option.builder().longOpt(name).desc(description).get();
    }

    /** An option with a value; may be given several times if its description says so. */
    static Option value(String name, String argument, String description) {
        return Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get();
    }

    /**
     * Reads arguments.
     *
     * @param ownOnly whether everything from the first word that is no option belongs to somebody else
     * @throws GhostException saying which option is wrong
     */
    CommandLine parse(List<String> words, boolean ownOnly) throws GhostException {
        Options known = new Options();
        all().forEach(known::addOption);
        try {
            CommandLine line = DefaultParser.builder().setAllowPartialMatching(false).get()
                    .parse(known, words.toArray(String[]::new), ownOnly);
            checkOnce(line);
            String next = line.getArgList().isEmpty() ? "" : line.getArgList().getFirst();
            if (ownOnly && next.startsWith("-")) {
                throw new UnrecognizedOptionException("", next);
            }
            if (arguments.isEmpty() && !next.isEmpty()) {
                throw GhostException.usage("'" + next + "' is too much; " + seeHelp());
            }
            return line;
        } catch (AmbiguousOptionException | MissingArgumentException e) {
            throw GhostException.usage(missing(e) + "; " + seeHelp());
        } catch (UnrecognizedOptionException e) {
            throw GhostException.usage("unknown option '" + e.getOption() + "'" + guess(e.getOption()) + "; "
                    + seeHelp());
        } catch (ParseException e) {
            throw GhostException.usage(Sentences.of(e) + "; " + seeHelp());
        }
    }

    private void checkOnce(CommandLine line) throws GhostException {
        for (Option option : line.getOptions()) {
            boolean repeatable = option.getDescription().contains(REPEATABLE);
            String[] values = line.getOptionValues(option);
            if (values != null && values.length > 1 && !repeatable) {
                throw GhostException.usage("option '--" + option.getLongOpt() + "' is given more than once; "
                        + seeHelp());
            }
        }
    }

    private static String missing(ParseException e) {
        return e instanceof MissingArgumentException m
                ? "option '--" + m.getOption().getLongOpt() + "' needs a value" : Sentences.of(e);
    }

    private String guess(String option) {
        String word = option.replaceFirst("^-+", "").replaceFirst("=.*$", "");
        Collection<String> names = all().map(Option::getLongOpt).toList();
        return Sentences.didYouMean(word, names, "--");
    }

    private String seeHelp() {
        return "see ghost " + name + " --help";
    }

    private Stream<Option> all() {
        return Stream.concat(options.stream(), Stream.of(HELP));
    }

    /** Prints how to use it. */
    void printHelp(PrintStream out) {
        out.println(("Usage: ghost " + name + " [OPTIONS] " + arguments).stripTrailing());
        out.println();
        out.println(description);
        out.println();
        all().forEach(option -> {
            String left = "  --" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : "");
            if (left.length() >= COLUMN) {
                out.println(left);
                left = "";
            }
            out.println(left + " ".repeat(COLUMN - left.length()) + option.getDescription());
        });
    }
}
