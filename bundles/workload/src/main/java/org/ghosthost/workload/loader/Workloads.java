package org.ghosthost.workload.loader;

import static org.ghosthost.workload.WorkloadException.quote;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.generator.Generators;
import org.ghosthost.workload.rtapp.RtAppLoader;
import org.ghosthost.workload.trace.TraceLoader;

/** Finds and reads workloads. */
public final class Workloads {
    /** The largest rt-app file that is read, in bytes. */
    public static final int MAX_RT_APP_BYTES = 16 << 20;

    private static final int PEEK_BYTES = 4_096;

    private Workloads() {
    }

    /**
     * Reads a file, or makes a workload from a generator's text such as {@code spin:tasks=10,run=1ms}.
     *
     * @param text the text, or else the path of a file
     * @throws WorkloadException if there is no such workload
     */
    public static Workload parse(final String text) {
        return parse(text, Path.of(""));
    }

    /**
     * Reads a file, or makes a workload from a generator's text such as {@code spin:tasks=10,run=1ms}.
     *
     * @param text the text, or else the path of a file
     * @param directory what a relative path means
     * @throws WorkloadException if there is no such workload
     */
    public static Workload parse(final String text, final Path directory) {
        if (Generators.accepts(text)) {
            return Generators.parse(text);
        }
        final Path path;
        try {
            path = directory.resolve(text);
        } catch (InvalidPathException e) {
            throw new WorkloadException(
                    quote(text) + " is neither a file nor a generator such as spin:tasks=10,run=1ms");
        }
        if (!Files.exists(path)) {
            // Says which generators there are, if it looks like one.
            return text.matches("[a-z]+:.*") ? Generators.parse(text) : load(path);
        }
        return load(path);
    }

    /**
     * Reads a file: rt-app JSON, or a recorded trace as text, plain or compressed by gzip. The kind is found by
     * content.
     *
     * @throws WorkloadException if the file cannot be read or is no workload
     */
    public static Workload load(final Path path) {
        final String name = String.valueOf(path.getFileName());
        if (!Files.exists(path)) {
            throw new WorkloadException("there is no file " + quote(path.toString()) + "; name an rt-app file, a trace,"
                    + " or a generator such as spin:tasks=10,run=1ms");
        } else if (!Files.isRegularFile(path)) {
            throw new WorkloadException(quote(path.toString()) + " is not a regular file; name one");
        }
        try (InputStream in = open(path)) {
            final byte[] start = in.readNBytes(PEEK_BYTES);
            return isJson(start) ? rtApp(name, start, in) : TraceLoader.load(name, start, in);
        } catch (ZipException e) {
            throw new WorkloadException(name + ": the gzip data is damaged; get the file again");
        } catch (IOException e) {
            throw new WorkloadException("cannot read " + quote(path.toString()) + ": " + reason(e));
        }
    }

    private static String reason(final IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "you may not read it";
            case EOFException eof -> "it ends too early";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static InputStream open(final Path path) throws IOException {
        final BufferedInputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        in.mark(2);
        final boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip ? new GZIPInputStream(in, 1 << 16) : in;
    }

    private static boolean isJson(final byte[] start) {
        int at = 0;
        if (start.length >= 3 && start[0] == (byte) 0xEF && start[1] == (byte) 0xBB && start[2] == (byte) 0xBF) {
            at = 3;
        }
        while (at < start.length && start[at] <= ' ' && start[at] >= 0) {
            at++;
        }
        return at < start.length && (start[at] == '{' || start[at] == '/' || start[at] == '[');
    }

    private static Workload rtApp(final String name, final byte[] start, final InputStream rest) throws IOException {
        final byte[] more = rest.readNBytes(MAX_RT_APP_BYTES + 1 - start.length);
        if (start.length + more.length > MAX_RT_APP_BYTES) {
            throw new WorkloadException(name + ": larger than " + (MAX_RT_APP_BYTES >> 20) + " MiB, which no rt-app"
                    + " file needs; make it smaller");
        }
        final byte[] all = Arrays.copyOf(start, start.length + more.length);
        System.arraycopy(more, 0, all, start.length, more.length);
        return RtAppLoader.load(name, all);
    }
}
