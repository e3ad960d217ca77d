package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Keeps what libbpf says while it loads, warnings only; the verifier's log among it. Open for the time of loading. */
final class LibraryLog implements AutoCloseable {
    private static final int WARNING = 0;
    private static final int MAX_LINE = 8192;
    /** More is of no use to anybody; the end is what tells. */
    private static final int MAX_TEXT = 64 * 1024;
    private static final MethodHandle FORMAT = Native.function(Native.libc(), "vsnprintf",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

    private final LibBpf library;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment line = arena.allocate(MAX_LINE);
    private final MemorySegment callback;
    private final StringBuilder text = new StringBuilder();

    LibraryLog(LibBpf library) {
        this.library = library;
        try {
            MethodHandle target = MethodHandles.lookup().bind(this, "print", MethodType.methodType(
                    int.class, int.class, MemorySegment.class, MemorySegment.class));
            callback = Native.callback(target, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS), arena);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the callback of libbpf", e);
        }
        library.listen(this);
    }

    MemorySegment callback() {
        return callback;
    }

    /** Called by libbpf: the list of arguments is an array or passed by reference, on both processors a pointer. */
    @SuppressWarnings("unused") // by a method handle
    private int print(int level, MemorySegment format, MemorySegment arguments) {
        if (level == WARNING) {
            try {
                int length = (int) FORMAT.invokeExact(line, (long) MAX_LINE, format, arguments);
                if (length > 0) {
                    keep(line.getString(0));
                }
            } catch (Throwable _) { // nothing may be thrown into libbpf
                keep("(a message of libbpf could not be read)\n");
            }
        }
        return 0;
    }

    private void keep(String message) {
        text.append(message);
        if (text.length() > MAX_TEXT) {
            text.delete(0, text.length() - MAX_TEXT);
        }
    }

    String text() {
        return text.toString();
    }

    @Override
    public void close() {
        library.listen(null);
        arena.close();
    }
}
