package org.ghosthost.workload.trace;

import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of ftrace's trace file, of {@code trace-cmd report} and of {@code perf script}, which differ in the
 * order of what stands before the event and in how it is written.
 *
 * <pre>
 * ftrace     make-71 (  70) [001] d..2.  55.120034: sched_switch: prev_comm=make prev_pid=71 prev_prio=120 prev_state=S
 *                                        ==&gt; next_comm=cc next_pid=72 next_prio=120
 * trace-cmd  make-71 [001]  55.120034: sched_switch: make:71 [120] S ==&gt; cc:72 [120]
 * perf       make 70/71 [001]  55.120034: sched:sched_switch: make:71 [120] S ==&gt; cc:72 [120]
 * </pre>
 */
final class LineParser {
    private static final String EVENT = "sched_";
    private static final int MAX_CPU = 65_535;

    /** How many words of a line may look like an event until one is: a task's name may look like one, too. */
    private static final int MAX_TRIES = 4;

    /** A line that is not as it should be; the message says why. */
    static final class MalformedLine extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedLine(final String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Reads a line into {@code event}.
     *
     * @return whether it is one of the events of {@link TraceEvent.Kind}; other lines are none of our business
     * @throws MalformedLine if it is one of them, but cannot be read
     */
    boolean parse(final String line, final TraceEvent event) throws MalformedLine {
        int tries = 0;
        for (int at = line.indexOf(EVENT); at >= 0 && tries < MAX_TRIES; at = line.indexOf(EVENT, at + 1)) {
            tries++;
            final int colon = line.indexOf(':', at);
            final TraceEvent.Kind kind = colon < 0 ? null : kind(line.substring(at, colon));
            if (kind != null && at > 0 && (line.charAt(at - 1) == ' ' || line.charAt(at - 1) == ':')) {
                event.kind = kind;
                final int headEnd = line.startsWith("sched:", at - 6) ? at - 6 : at;
                parseHead(line.substring(0, Math.max(0, headEnd)).strip(), event);
                parseBody(line.substring(colon + 1).strip(), event);
                return true;
            }
        }
        return false;
    }

    private static TraceEvent.@Nullable Kind kind(final String name) {
        return switch (name) {
            case "sched_switch" -> TraceEvent.Kind.SWITCH;
            case "sched_waking" -> TraceEvent.Kind.WAKING;
            case "sched_wakeup" -> TraceEvent.Kind.WAKEUP;
            case "sched_wakeup_new" -> TraceEvent.Kind.WAKEUP_NEW;
            case "sched_process_fork" -> TraceEvent.Kind.FORK;
            case "sched_process_exit" -> TraceEvent.Kind.EXIT;
            default -> null;
        };
    }

    private static void parseHead(final String head, final TraceEvent event) throws MalformedLine {
        final int open = head.lastIndexOf('[');
        final int close = head.indexOf(']', Math.max(0, open));
        if (open <= 0 || close < 0 || !head.endsWith(":")) {
            throw new MalformedLine("expected a task, a CPU in brackets and a time before the event");
        }
        event.cpu = (int) number(head.substring(open + 1, close), MAX_CPU, "CPU");
        final String tail = head.substring(close + 1, head.length() - 1).strip();
        final int space = tail.lastIndexOf(' ');
        final String flags = space < 0 ? "" : tail.substring(0, space).strip();
        event.timeNs = time(tail.substring(space + 1));
        // Third of the flags: h, H, z, Z for an interrupt, s for a soft one.
        event.inInterrupt = flags.length() >= 4 && "hHzZs".indexOf(flags.charAt(2)) >= 0;
        event.currentPid = headPid(head.substring(0, open).strip());
    }

    /** Returns the pid at the end of {@code make-71}, {@code make-71 (70)}, {@code make 71} or {@code make 70/71}. */
    private static int headPid(final String task) throws MalformedLine {
        String text = task;
        if (text.endsWith(")") && text.lastIndexOf('(') > 0) {
            text = text.substring(0, text.lastIndexOf('(')).strip();
        }
        int start = text.length();
        while (start > 0 && isDigit(text.charAt(start - 1))) {
            start--;
        }
        return pid(text.substring(start));
    }

    private static long time(final String text) throws MalformedLine {
        final int dot = text.indexOf('.');
        if (dot < 0) {
            throw new MalformedLine("the time " + text + " is not in seconds with a fraction; record with the trace"
                    + " clock local, global or mono");
        }
        final String fraction = text.substring(dot + 1);
        if (fraction.isEmpty() || fraction.length() > 9) {
            throw new MalformedLine("the time " + text + " must have one to nine digits after the dot");
        }
        long ns = number(fraction, 999_999_999, "time");
        for (int i = fraction.length(); i < 9; i++) {
            ns *= 10;
        }
        return number(text.substring(0, dot), 4_000_000_000L, "time") * 1_000_000_000 + ns;
    }

    private static void parseBody(final String body, final TraceEvent event) throws MalformedLine {
        switch (event.kind) {
            case SWITCH -> parseSwitch(body, event);
            case FORK -> parseFork(body, event);
            default -> parseTask(body, event.task);
        }
    }

    private static void parseSwitch(final String body, final TraceEvent event) throws MalformedLine {
        final int arrow = body.lastIndexOf(" ==> ");
        if (arrow < 0) {
            throw new MalformedLine("a sched_switch needs both its tasks, with ==> between them");
        }
        final String left = body.substring(0, arrow).strip();
        final String right = body.substring(arrow + 5).strip();
        final String state;
        if (left.startsWith("prev_comm=")) {
            final int at = left.lastIndexOf(" prev_state=");
            if (at < 0) {
                throw new MalformedLine("a sched_switch needs prev_state");
            }
            state = left.substring(at + 12);
            fields(left.substring(0, at), "prev_", event.task);
            fields(right, "next_", event.next);
        } else {
            final int at = left.lastIndexOf(' ');
            state = left.substring(at + 1);
            colonForm(left.substring(0, Math.max(0, at)), event.task);
            colonForm(right, event.next);
        }
        if (state.isEmpty()) {
            throw new MalformedLine("a sched_switch needs the state of the task that leaves");
        }
        event.state = state.charAt(0);
    }

    private static void parseFork(final String body, final TraceEvent event) throws MalformedLine {
        final int at = body.lastIndexOf("child_comm=");
        if (at < 0) {
            throw new MalformedLine("a sched_process_fork needs child_comm and child_pid");
        }
        event.task.prio = RecordedTask.DEFAULT_PRIO;
        event.task.comm = valueBefore(body, "child_comm=", " child_pid=");
        event.task.pid = pid(valueAfter(body, " child_pid="));
    }

    private static void parseTask(final String body, final TraceEvent.Task task) throws MalformedLine {
        if (body.startsWith("comm=")) {
            fields(body, "", task);
        } else {
            colonForm(body, task);
        }
    }

    /** Reads {@code comm=cc pid=72 prio=120}; the last of each name counts, since a comm may hold anything. */
    private static void fields(final String text, final String prefix, final TraceEvent.Task task)
            throws MalformedLine {
        task.comm = valueBefore(text, prefix + "comm=", " " + prefix + "pid=");
        task.pid = pid(valueAfter(text, " " + prefix + "pid="));
        task.prio = prio(valueAfter(text, " " + prefix + "prio="));
    }

    /** Reads {@code cc:72 [120] ...}. */
    private static void colonForm(final String text, final TraceEvent.Task task) throws MalformedLine {
        final int open = text.lastIndexOf(" [");
        final int close = text.indexOf(']', Math.max(0, open));
        final int colon = text.lastIndexOf(':', Math.max(0, open));
        if (open < 0 || close < 0 || colon < 0) {
            throw new MalformedLine("expected a task such as make:71 [120]");
        }
        task.comm = text.substring(0, colon);
        task.pid = pid(text.substring(colon + 1, open));
        task.prio = prio(text.substring(open + 2, close));
    }

    private static String valueBefore(final String text, final String name, final String end) throws MalformedLine {
        final int at = text.lastIndexOf(end);
        final int start = text.indexOf(name);
        if (start < 0 || at < start + name.length()) {
            throw new MalformedLine("expected " + name + "..." + end);
        }
        return text.substring(start + name.length(), at);
    }

    private static String valueAfter(final String text, final String name) throws MalformedLine {
        final int at = text.lastIndexOf(name);
        if (at < 0) {
            throw new MalformedLine("expected" + name);
        }
        final int start = at + name.length();
        final int end = text.indexOf(' ', start);
        return end < 0 ? text.substring(start) : text.substring(start, end);
    }

    private static int pid(final String text) throws MalformedLine {
        return (int) number(text, 1 << 22, "pid");
    }

    private static int prio(final String text) throws MalformedLine {
        // Deadline tasks have the priority -1.
        return text.startsWith("-") ? 0 : (int) number(text, 1_000, "priority");
    }

    private static long number(final String text, final long max, final String what) throws MalformedLine {
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            if (!isDigit(text.charAt(i)) || value > max) {
                throw new MalformedLine("\"" + text.substring(0, Math.min(20, text.length())) + "\" is no " + what);
            }
            value = value * 10 + text.charAt(i) - '0';
        }
        if (text.isEmpty() || value > max) {
            throw new MalformedLine("\"" + text.substring(0, Math.min(20, text.length())) + "\" is no " + what);
        }
        return value;
    }

    private static boolean isDigit(final char c) {
        return c >= '0' && c <= '9';
    }
}
