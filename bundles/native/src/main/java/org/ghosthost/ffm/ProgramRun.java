package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Runs BPF programs of the type {@code syscall} by one system call each, without allocation. Has a context of its own,
 * which the kernel reads and writes back. One thread.
 */
public final class ProgramRun {
    /** Largest context that the kernel takes. */
    public static final int MAX_CONTEXT = 65_535;

    private static final long PROG_RUN = 10;
    private static final int ATTRIBUTE_BYTES = 80;
    private static final int PROGRAM = 0;
    private static final int RETURNED = 4;
    private static final int CONTEXT_BYTES = 40;
    private static final int CONTEXT = 48;

    private final MemorySegment context;
    private final MemorySegment attribute;
    private final Caller caller = new Caller();

    /** With a context of so many bytes, all zero. */
    public ProgramRun(int contextBytes) {
        if (contextBytes <= 0 || contextBytes > MAX_CONTEXT) {
            throw new IllegalArgumentException("context must have 1 to " + MAX_CONTEXT + " bytes: " + contextBytes);
        }
        Arena arena = Arena.ofAuto();
        context = arena.allocate(contextBytes, Long.BYTES);
        attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
        attribute.set(JAVA_INT, CONTEXT_BYTES, contextBytes);
        attribute.set(JAVA_LONG, CONTEXT, context.address());
    }

    /** What the program is given and gives back. */
    public MemorySegment context() {
        return context;
    }

    /**
     * Runs the program with this number.
     *
     * @return what the program returns; {@code -errno} if the kernel does not run it
     */
    public int run(int program) {
        attribute.set(JAVA_INT, PROGRAM, program);
        long result = caller.call(SystemCall.BPF, PROG_RUN, attribute.address(), ATTRIBUTE_BYTES);
        return result < 0 ? (int) result : attribute.get(JAVA_INT, RETURNED);
    }
}
