package org.ghosthost.ffm;

/** A call that the operating system or libbpf refused: the error number, and what was tried, with its arguments. */
public final class NativeException extends Exception {
    private static final long serialVersionUID = 1;

    private final int errno;

    NativeException(int errno, String call) {
        super(call + ": " + ErrorText.of(errno));
        this.errno = errno;
    }

    NativeException(String message) {
        super(message);
        errno = 0;
    }

    /** The error number of Linux, positive; 0 if there is none. */
    public int errno() {
        return errno;
    }
}
