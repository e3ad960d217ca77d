package org.ghosthost.host;

/** Something that a person must be told: one sentence, and the exit status of the command that failed by it. */
final class GhostException extends Exception {
    /** Exit status of a command that was understood and failed. */
    static final int FAILED = 1;
    /** Exit status of a command line that was not understood. */
    static final int USAGE = 2;

    private static final long serialVersionUID = 1;

    private final int status;

    GhostException(String sentence) {
        this(FAILED, sentence);
    }

    private GhostException(int status, String sentence) {
        super(sentence);
        this.status = status;
    }

    /** A command line that was not understood. */
    static GhostException usage(String sentence) {
        return new GhostException(USAGE, sentence);
    }

    int status() {
        return status;
    }

    /** The sentence alone. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // Gogo's console prints exceptions by this method
    public String toString() {
        return String.valueOf(getMessage());
    }
}
