package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** A counter of the kernel that an {@link Epoll} can wait for. Signals may come from any thread; nothing allocates. */
public final class EventFile extends FileDescriptor {
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int NON_BLOCKING = 0x800;

    private EventFile(int number) {
        super(number);
    }

    /** Opens one that has not been signalled. */
    public static EventFile open() throws NativeException {
        long number = Caller.current().call(SystemCall.EVENTFD2, 0, CLOSE_ON_EXEC | NON_BLOCKING, 0);
        return new EventFile((int) Caller.checked(number, "eventfd2"));
    }

    /** Wakes who waits, or who will wait next. */
    public void signal() {
        Caller caller = Caller.current();
        caller.scratch().set(JAVA_LONG, 0, 1);
        caller.call(SystemCall.WRITE, number(), caller.scratch().address(), Long.BYTES);
    }

    /** Takes the signals so far. */
    public void clear() {
        Caller caller = Caller.current();
        caller.call(SystemCall.READ, number(), caller.scratch().address(), Long.BYTES);
    }
}
