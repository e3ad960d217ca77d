package org.ghosthost.kernel.sim;

import org.jspecify.annotations.Nullable;

/** The last things that happened, for the message of a failure. */
final class TraceLines {
    private static final int KEPT = 60;

    private final String[] lines = new String[KEPT];
    private long count;

    void add(long now, String what, @Nullable Task task, String more) {
        lines[(int) (count++ % KEPT)] = now + " " + what + (task == null ? " " : " " + task) + more;
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (long i = Math.max(0, count - KEPT); i < count; i++) {
            out.append("  ").append(lines[(int) (i % KEPT)]).append('\n');
        }
        return out.toString();
    }
}
