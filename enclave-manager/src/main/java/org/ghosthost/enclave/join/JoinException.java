package org.ghosthost.enclave.join;

import org.ghosthost.enclave.kernel.Errno;

/** A thread that cannot be brought in or given back: the error number, and one sentence for people. */
public final class JoinException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    JoinException(Errno errno, String sentence) {
        super(sentence);
        this.errno = errno;
    }

    /** Why, as a number. */
    public Errno errno() {
        return errno;
    }

    /** The sentence. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
