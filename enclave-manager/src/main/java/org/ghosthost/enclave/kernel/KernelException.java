package org.ghosthost.enclave.kernel;

/** A refused control operation: the error number, and one sentence for people. */
public final class KernelException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    /** Says what was refused and why. */
    public KernelException(Errno errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** Why, as a number. */
    public Errno errno() {
        return errno;
    }
}
