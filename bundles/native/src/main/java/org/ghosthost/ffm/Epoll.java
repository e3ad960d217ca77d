package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waits until one of several files has something to read. Files may be added and removed by any thread, also while one
 * waits; {@link #await} is for one thread and allocates nothing.
 */
public final class Epoll extends FileDescriptor {
    /** Waits for ever. */
    public static final long FOR_EVER = Long.MAX_VALUE;

    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int READABLE = 1;
    private static final int EXISTS = 17;
    private static final int NOT_THERE = 2;
    /** Events fetched at once: it is enough to know that there is one. */
    private static final int EVENTS = 4;
    private static final int EVENT_BYTES = 16;
    /** {@code struct epoll_event} is packed on x86-64 and only there. */
    private static final int DATA_OFFSET = System.getProperty("os.arch").equals("aarch64") ? 8 : 4;
    private static final long NS_PER_S = 1_000_000_000;

    private final MemorySegment events = Arena.ofAuto().allocate((long) EVENTS * EVENT_BYTES, Long.BYTES);
    private final MemorySegment timeout = Arena.ofAuto().allocate(2 * Long.BYTES, Long.BYTES);

    private Epoll(int number) {
        super(number);
    }

    /** Opens one that waits for nothing yet. */
    public static Epoll open() throws NativeException {
        long number = Caller.current().call(SystemCall.EPOLL_CREATE1, CLOSE_ON_EXEC, 0, 0);
        return new Epoll((int) Caller.checked(number, "epoll_create1"));
    }

    /** Waits for this file too; fine if it does so already. */
    public void add(FileDescriptor file) throws NativeException {
        long result = control(ADD, file);
        if (result != -EXISTS) {
            Caller.checked(result, "epoll_ctl add");
        }
    }

    /** Waits for this file no more; fine if it did not. */
    public void remove(FileDescriptor file) throws NativeException {
        long result = control(REMOVE, file);
        if (result != -NOT_THERE) {
            Caller.checked(result, "epoll_ctl remove");
        }
    }

    private long control(int operation, FileDescriptor file) {
        Caller caller = Caller.current();
        caller.scratch().set(JAVA_INT, 0, READABLE);
        caller.scratch().set(JAVA_INT_UNALIGNED, DATA_OFFSET, file.number());
        return caller.call(SystemCall.EPOLL_CTL, number(), operation, file.number(), caller.scratch().address(), 0, 0);
    }

    /**
     * Waits until a file can be read.
     *
     * @param timeoutNs longest time, 0 or more; {@link #FOR_EVER}
     * @return whether a file can be read; false when the time is over or a signal came
     */
    public boolean await(long timeoutNs) {
        long limit = 0;
        if (timeoutNs != FOR_EVER) {
            timeout.set(JAVA_LONG, 0, timeoutNs / NS_PER_S);
            timeout.set(JAVA_LONG, Long.BYTES, timeoutNs % NS_PER_S);
            limit = timeout.address();
        }
        long ready = Caller.current()
                .call(SystemCall.EPOLL_PWAIT2, number(), events.address(), EVENTS, limit, 0, 0);
        return ready > 0;
    }

    /** Whether the file that was found first is this one. */
    public boolean foundFirst(FileDescriptor file) {
        return (int) events.get(JAVA_LONG_UNALIGNED, DATA_OFFSET) == file.number();
    }
}
