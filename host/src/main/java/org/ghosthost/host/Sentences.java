package org.ghosthost.host;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Collection;
import java.util.concurrent.ExecutionException;
import org.apache.felix.gogo.runtime.CommandNotFoundException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleException;

/** Turns failures into sentences for people, and guesses what was meant by a word that is unknown. */
final class Sentences {
    private static final String GOGO_NO_MATCH = "Cannot coerce ";

    private Sentences() {}

    /** What went wrong, without class names where there is something better. */
    static String of(Throwable failure) {
        return switch (failure) {
            case GhostException e -> e.toString();
            case CommandNotFoundException e -> UnknownCommand.sentence(e.getCommand());
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case InvocationTargetException e when e.getCause() != null -> of(e.getCause());
            case EOFException _ -> "the command is not complete: a quote or a bracket is open";
            case IOException e -> ofFile(e);
            case BundleException e when e.getCause() != null -> of(e.getCause());
            case OutOfMemoryError _ -> "out of memory: set a larger heap, for instance GHOST_JAVA_OPTS=-Xmx2g";
            case IllegalArgumentException e when isGogoMismatch(e) -> mismatch(message(e));
            case Error e -> defect(e);
            default -> message(failure);
        };
    }

    /** What should never happen, with the place where it did. */
    static String defect(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return "this is a defect of Ghosthost: " + failure + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    private static String ofFile(IOException failure) {
        return switch (failure) {
            case NoSuchFileException e -> "there is no file " + e.getFile();
            case FileNotFoundException e -> "cannot read " + e.getMessage();
            case AccessDeniedException e -> "permission denied: " + e.getFile();
            case FileAlreadyExistsException e -> "it is there already: " + e.getFile();
            case NotDirectoryException e -> "not a directory: " + e.getFile();
            case DirectoryNotEmptyException e -> "the directory is not empty: " + e.getFile();
            case FileSystemLoopException e -> "a symbolic link leads to itself: " + e.getFile();
            case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
            default -> message(failure);
        };
    }

    private static boolean isGogoMismatch(Throwable failure) {
        String message = failure.getMessage();
        return message != null && message.startsWith(GOGO_NO_MATCH);
    }

    private static String mismatch(String message) {
        int from = GOGO_NO_MATCH.length();
        int to = message.indexOf('(', from);
        String command = to < 0 ? message.substring(from) : message.substring(from, to);
        return "wrong arguments for '" + command + "': help " + command + " says what it takes";
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : oneLine(message);
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Returns {@code  (did you mean 'x'?)} for a word that is close to {@code word}, else nothing. */
    static String didYouMean(String word, Collection<String> known, String prefix) {
        String best = closest(word, known);
        return best == null ? "" : " (did you mean '" + prefix + best + "'?)";
    }

    private static @Nullable String closest(String word, Collection<String> known) {
        String best = null;
        int bestDistance = word.length() < 4 ? 2 : 3;
        for (String candidate : known) {
            int distance = candidate.startsWith(word) && word.length() > 1 ? 1 : distance(word, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Levenshtein's distance: inserted, deleted and replaced letters. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
