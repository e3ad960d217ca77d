package org.ghosthost.kernel.schedext;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.ffm.NativeException;

/** Error numbers of the operating system as errors of the seam. */
final class Errors {
    private Errors() {}

    /** The number's name; EINVAL for one that the seam does not know. */
    static Errno of(int number) {
        for (Errno errno : Errno.values()) {
            if (errno.number() == number) {
                return errno;
            }
        }
        return Errno.EINVAL;
    }

    static KernelException of(NativeException e) {
        return new KernelException(e.errno() == 0 ? Errno.ENODEV : of(e.errno()), String.valueOf(e.getMessage()));
    }

    /** Throws if a program refused. */
    static void check(int result, String what) throws KernelException {
        if (result < 0) {
            Errno errno = of(-result);
            throw new KernelException(errno, what + " (" + (errno.number() == -result ? errno : -result) + ")");
        }
    }
}
