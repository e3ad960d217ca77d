package org.ghosthost.shell;

/** A command that cannot be done: one sentence for people. */
public final class ShellException extends Exception {
    private static final long serialVersionUID = 1;

    ShellException(String sentence) {
        super(sentence);
    }

    /** The sentence alone. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // Gogo's console prints exceptions by this method
    public String toString() {
        return String.valueOf(getMessage());
    }
}
