package org.ghosthost.workload.trace;

import static org.ghosthost.workload.WorkloadException.quote;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;

/**
 * Reads recorded traces as text, line by line and in bounded memory. Events of different CPUs may stand up to
 * {@value #WINDOW} events away from their place in time.
 */
public final class TraceLoader {
    /** How many events are sorted at a time. */
    static final int WINDOW = 8_192;

    private static final int MAX_LINES_BEFORE_EVENTS = 1_000_000;

    private static final Comparator<TraceEvent> BY_TIME =
            Comparator.<TraceEvent>comparingLong(event -> event.timeNs).thenComparingLong(event -> event.line);

    private final String file;
    private final LineParser parser = new LineParser();
    private final Recorder recorder;
    private final PriorityQueue<TraceEvent> window = new PriorityQueue<>(WINDOW + 1, BY_TIME);
    private final ArrayDeque<TraceEvent> spare = new ArrayDeque<>();
    private final List<String> remarks = new ArrayList<>();
    private long lastNs = Long.MIN_VALUE;
    private long events;
    private long late;
    private long firstLateLine;
    private long lost;
    private long firstLostLine;

    private TraceLoader(final String file) {
        this.file = file;
        recorder = new Recorder(file);
    }

    /**
     * Reads a trace.
     *
     * @param file its name, for messages
     * @param start the first bytes of it
     * @param rest the bytes that follow
     * @throws WorkloadException if it is no trace that can be replayed
     * @throws IOException if it cannot be read
     */
    public static Workload load(final String file, final byte[] start, final InputStream rest) throws IOException {
        checkText(file, start);
        final TraceLoader loader = new TraceLoader(file);
        loader.read(new LineReader(file, start, rest));
        return loader.finish();
    }

    private static void checkText(final String file, final byte[] start) {
        final String text = new String(start, 0, Math.min(16, start.length), StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u0017\bDtracing")) {
            throw new WorkloadException(file + ": this is trace-cmd's binary file; write its text with"
                    + " \"trace-cmd report -i " + file + "\" and name that");
        } else if (text.startsWith("PERFILE2")) {
            throw new WorkloadException(file + ": this is perf's binary file; write its text with"
                    + " \"perf script -i " + file + "\" and name that");
        }
        for (final byte b : start) {
            if (b == 0) {
                throw new WorkloadException(file + ": neither an rt-app file nor the text of a trace");
            }
        }
    }

    private void read(final LineReader lines) throws IOException {
        try {
            for (String line = lines.next(); line != null; line = lines.next()) {
                readLine(line, lines);
            }
        } catch (EOFException e) {
            remarks.add(file + ": the compressed data ends too early; what is there is replayed");
        }
        while (!window.isEmpty()) {
            record();
        }
    }

    private void readLine(final String line, final LineReader lines) {
        if (line.startsWith("#")) {
            return;
        }
        final TraceEvent event = spare.isEmpty() ? new TraceEvent() : spare.pop();
        event.line = lines.lineNumber();
        try {
            if (parser.parse(line, event)) {
                events++;
                window.add(event);
                if (window.size() > WINDOW) {
                    record();
                }
                return;
            }
        } catch (LineParser.MalformedLine e) {
            if (!lines.isUnfinished()) {
                throw new WorkloadException(file + ":" + event.line + ": " + e.getMessage() + ", found "
                        + quote(line.strip()));
            }
            remarks.add(file + ":" + event.line + ": the last line is cut off; it is left out");
        }
        spare.push(event);
        if (isLoss(line) && lost++ == 0) {
            firstLostLine = lines.lineNumber();
        }
        if (events == 0 && lines.lineNumber() > MAX_LINES_BEFORE_EVENTS) {
            throw noTrace();
        }
    }

    /** Returns whether a line says that events are missing, in the words of ftrace, trace-cmd or perf. */
    private static boolean isLoss(final String line) {
        return (line.contains("[LOST ") && line.contains("EVENTS]")) || line.contains("EVENTS DROPPED")
                || line.contains("PERF_RECORD_LOST");
    }

    private void record() {
        final TraceEvent event = window.remove();
        if (event.timeNs < lastNs) {
            if (late++ == 0) {
                firstLateLine = event.line;
            }
            event.timeNs = lastNs;
        }
        lastNs = event.timeNs;
        recorder.add(event);
        spare.push(event);
    }

    private Workload finish() {
        recorder.finish();
        final List<RecordedTask> tasks = recorder.tasks();
        if (events == 0 || tasks.isEmpty()) {
            throw noTrace();
        }
        remark(lost, firstLostLine, "places where the recorder lost events; sleeps and runs there are guessed");
        remark(recorder.gaps(), recorder.firstGapLine(),
                "events that do not fit to those before, since some are missing; they are bridged");
        remark(late, firstLateLine, "events much later in the file than in time; they are taken as later ones");
        return new TraceWorkload(file, tasks, recorder.startNs(), remarks);
    }

    private WorkloadException noTrace() {
        return new WorkloadException(file + ": neither an rt-app file nor a trace with sched_switch events; record"
                + " sched_switch, sched_waking, sched_wakeup_new, sched_process_fork and sched_process_exit");
    }

    private void remark(final long count, final long firstLine, final String what) {
        if (count > 0) {
            remarks.add(file + ":" + firstLine + ": the first of " + count + " " + what);
        }
    }
}
