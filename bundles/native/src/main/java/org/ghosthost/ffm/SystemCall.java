package org.ghosthost.ffm;

/** Numbers of the system calls that are made; they differ between processors. */
final class SystemCall {
    static final long BPF = number(321, 280);
    static final long CLOSE = number(3, 57);
    static final long EPOLL_CREATE1 = number(291, 20);
    static final long EPOLL_CTL = number(233, 21);
    static final long EPOLL_PWAIT2 = number(441, 441);
    static final long EVENTFD2 = number(290, 19);
    static final long FCNTL = number(72, 25);
    static final long GETTID = number(186, 178);
    static final long KILL = number(62, 129);
    static final long MLOCKALL = number(151, 230);
    static final long MMAP = number(9, 222);
    static final long MUNMAP = number(11, 215);
    static final long OPENAT = number(257, 56);
    static final long PIDFD_OPEN = number(434, 434);
    static final long READ = number(0, 63);
    static final long SCHED_GETAFFINITY = number(204, 123);
    static final long SCHED_GETSCHEDULER = number(145, 120);
    static final long SCHED_SETAFFINITY = number(203, 122);
    static final long SCHED_SETSCHEDULER = number(144, 119);
    static final long SETPRIORITY = number(141, 140);
    static final long STATX = number(332, 291);
    static final long WRITE = number(1, 64);

    private SystemCall() {}

    private static long number(long x86, long arm) {
        String processor = System.getProperty("os.arch");
        return switch (processor) {
            case "amd64", "x86_64" -> x86;
            case "aarch64" -> arm;
            default -> throw new UnsupportedOperationException(
                    "real threads are scheduled on x86-64 and arm64 only, this is " + processor);
        };
    }
}
