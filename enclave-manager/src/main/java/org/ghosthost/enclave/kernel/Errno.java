package org.ghosthost.enclave.kernel;

/** The Linux error numbers that the kernel side uses. */
public enum Errno {
    EPERM(1), ENOENT(2), ESRCH(3), ENXIO(6), E2BIG(7), EBADF(9), ENOMEM(12), EACCES(13), EBUSY(16), EEXIST(17),
    EXDEV(18), ENODEV(19), EINVAL(22), ENOSPC(28), ERANGE(34), EDEADLK(35), ENOTSUP(95), EOVERFLOW(75), ESHUTDOWN(108),
    EALREADY(114), ESTALE(116);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /** The number, positive. */
    public int number() {
        return number;
    }
}
