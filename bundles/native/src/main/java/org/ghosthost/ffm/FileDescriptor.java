package org.ghosthost.ffm;

import java.util.concurrent.atomic.AtomicInteger;

/** An open file of the kernel, closed once. Any thread; who closes it knows that nobody uses it. */
public class FileDescriptor implements AutoCloseable {
    private static final int CLOSED = -1;

    private final AtomicInteger number;
    private final boolean owned;

    FileDescriptor(int number) {
        this(number, true);
    }

    private FileDescriptor(int number, boolean owned) {
        this.number = new AtomicInteger(number);
        this.owned = owned;
    }

    /** A file that somebody else closes. */
    static FileDescriptor borrowed(int number) {
        return new FileDescriptor(number, false);
    }

    /**
     * The number.
     *
     * @throws IllegalStateException if it is closed
     */
    public final int number() {
        int open = number.get();
        if (open == CLOSED) {
            throw new IllegalStateException("the file is closed");
        }
        return open;
    }

    /** Closes it; idempotent. */
    @Override
    public final void close() {
        int open = number.getAndSet(CLOSED);
        if (open != CLOSED && owned) {
            Caller.current().call(SystemCall.CLOSE, open, 0, 0);
        }
    }
}
