package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Makes system calls, without allocation. One thread at a time; {@link #current} gives each thread its own. Numbers
 * only go in, so that the JDK has nothing to keep alive for the call; who passes an address keeps its memory.
 */
final class Caller {
    /** What a caller may use for small arguments. */
    static final int SCRATCH_BYTES = 256;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SYSCALL = Native.function(Native.libc(), "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    private static final ThreadLocal<Caller> CURRENT = ThreadLocal.withInitial(Caller::new);

    private final MemorySegment state = Arena.ofAuto().allocate(STATE);
    private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES, ValueLayout.JAVA_LONG.byteSize());

    static Caller current() {
        return CURRENT.get();
    }

    /** Memory of this thread for the arguments of the next call. */
    MemorySegment scratch() {
        return scratch;
    }

    /** What the call returns, or {@code -errno}. */
    long call(long number, long a, long b, long c, long d, long e, long f) {
        try {
            long result = (long) SYSCALL.invokeExact(state, number, a, b, c, d, e, f);
            return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    long call(long number, long a, long b, long c) {
        return call(number, a, b, c, 0, 0, 0);
    }

    /** As {@link #call}; a refusal is thrown. */
    static long checked(long result, String what) throws NativeException {
        if (result < 0) {
            throw new NativeException((int) -result, what);
        }
        return result;
    }
}
