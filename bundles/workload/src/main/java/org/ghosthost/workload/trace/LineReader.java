package org.ghosthost.workload.trace;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/** Lines of at most {@value #MAX_LINE} characters. */
final class LineReader {
    static final int MAX_LINE = 4_096;
    private static final long MAX_BYTES = 2L << 30;

    private final String file;
    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final byte[] line = new byte[MAX_LINE];
    private int at;
    private int end;
    private long bytes;
    private long lineNumber;
    private boolean unfinished;

    LineReader(final String file, final byte[] start, final InputStream rest) {
        this.file = file;
        in = rest;
        System.arraycopy(start, 0, buffer, 0, start.length);
        end = start.length;
        bytes = end;
    }

    /** Returns the number of the last line, from 1. */
    long lineNumber() {
        return lineNumber;
    }

    /** Returns whether the last line had no end. */
    boolean isUnfinished() {
        return unfinished;
    }

    @Nullable String next() throws IOException {
        int length = 0;
        lineNumber++;
        while (true) {
            if (at == end && !fill()) {
                unfinished = true;
                return length == 0 ? null : text(length);
            }
            final byte b = buffer[at++];
            if (b == '\n') {
                return text(length);
            } else if (length == MAX_LINE) {
                throw new WorkloadException(file + ":" + lineNumber + ": the line is longer than " + MAX_LINE
                        + " characters, so this is no trace");
            }
            line[length++] = b;
        }
    }

    private boolean fill() throws IOException {
        end = Math.max(0, in.read(buffer));
        at = 0;
        bytes += end;
        if (bytes > MAX_BYTES) {
            throw new WorkloadException(file + ": the trace is longer than " + (MAX_BYTES >> 30)
                    + " GiB of text; cut it into shorter ones");
        }
        return end > 0;
    }

    private String text(final int length) {
        return new String(line, 0, length, StandardCharsets.ISO_8859_1);
    }
}
