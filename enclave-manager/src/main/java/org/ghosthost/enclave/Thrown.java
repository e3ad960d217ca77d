package org.ghosthost.enclave;

/** What a policy has thrown, as text: the object itself would keep the bundle's classes alive. Never throws. */
final class Thrown {
    private static final int LONGEST_TEXT = 300;

    private Thrown() {}

    /** Class and message, and where. */
    static String text(Throwable thrown) {
        try {
            StackTraceElement[] stack = thrown.getStackTrace();
            return oneLine(thrown + (stack.length == 0 ? "" : " at " + stack[0]));
        } catch (Throwable t) { // an exception of the policy's own class may throw when it is read
            return thrown.getClass().getName();
        }
    }

    /** The message alone. */
    static String message(Throwable thrown) {
        try {
            return oneLine(String.valueOf(thrown.getMessage()));
        } catch (Throwable t) { // as above
            return thrown.getClass().getName();
        }
    }

    private static String oneLine(String text) {
        String line = text.replaceAll("\\R", " ");
        return line.length() > LONGEST_TEXT ? line.substring(0, LONGEST_TEXT) : line;
    }
}
