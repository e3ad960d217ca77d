package org.ghosthost.enclave.join;

/** What is to be brought in or given back. */
public sealed interface Target {
    /** What a text on the command line or in a request means; {@code kind} is {@code pid}, {@code tid}, {@code cgroup}.
     *
     * @throws IllegalArgumentException with one sentence
     */
    static Target parse(String kind, String text) {
        return switch (kind) {
            case "pid" -> new OneProcess(number(kind, text));
            case "tid" -> new OneThread(number(kind, text));
            case "cgroup" -> new Cgroup(text);
            default -> throw new IllegalArgumentException("a target is a pid, a tid or a cgroup, not a '" + kind + "'");
        };
    }

    private static int number(String kind, String text) {
        try {
            int number = Integer.parseInt(text);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new IllegalArgumentException("a " + kind + " is a number from 1 on, not '" + text + "'");
    }

    /**
     * One thread.
     *
     * @param tid its number
     */
    record OneThread(int tid) implements Target {}

    /**
     * A process with all its threads, also those that are born meanwhile.
     *
     * @param pid its number
     */
    record OneProcess(int pid) implements Target {}

    /**
     * All processes of a cgroup, and of those below it.
     *
     * @param path below the root of cgroup v2
     */
    record Cgroup(String path) implements Target {}
}
