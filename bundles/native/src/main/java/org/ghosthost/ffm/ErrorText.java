package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What the C library calls an error number. */
final class ErrorText {
    private static final int MAX_BYTES = 256;
    private static final MethodHandle STRERROR =
            Native.function(Native.libc(), "strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private ErrorText() {}

    static String of(int errno) {
        try {
            return Native.text((MemorySegment) STRERROR.invokeExact(errno), MAX_BYTES) + " (" + errno + ")";
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }
}
