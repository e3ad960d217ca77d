package org.ghosthost.workload;

/**
 * A workload cannot be read or cannot go on. The message is one sentence for the person who named the workload: where
 * it is wrong, what is wrong, and what to do.
 */
public final class WorkloadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes an exception that says {@code message}. */
    public WorkloadException(final String message) {
        super(message);
    }

    /** Makes an exception about a place in a file, written as {@code file:line:column: message}. */
    public static WorkloadException at(final String file, final int line, final int column, final String message) {
        return new WorkloadException(file + ":" + line + ":" + column + ": " + message);
    }

    /** Returns {@code text} fit for one sentence: at most 60 characters, none of them a control character. */
    public static String quote(final String text) {
        final StringBuilder quoted = new StringBuilder(Math.min(text.length(), 60) + 2).append('"');
        for (int i = 0; i < text.length() && i < 60; i++) {
            final char c = text.charAt(i);
            quoted.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return quoted.append(text.length() > 60 ? "...\"" : "\"").toString();
    }
}
