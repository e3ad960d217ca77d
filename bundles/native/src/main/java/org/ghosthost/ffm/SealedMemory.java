package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that another process shares, behind one of its file descriptors. Only memory that is sealed against shrinking
 * is mapped: whoever reads what another process has cut off would be killed by it.
 */
public final class SealedMemory {
    private static final int BAD_FILE = 9;
    private static final int NOT_PERMITTED = 1;
    private static final int TOO_BIG = 7;

    private static final long CURRENT_DIRECTORY = -100;
    private static final long READ_WRITE = 2;
    private static final long CLOSE_ON_EXEC = 0x80000;
    private static final long PATH_ONLY = 0x20_0000;

    private static final long EMPTY_PATH = 0x1000;
    private static final long TYPE_AND_SIZE = 0x201;
    private static final int STATX_BYTES = 256;
    private static final int STATX_MODE = 28;
    private static final int STATX_SIZE = 40;
    private static final int TYPE_MASK = 0xf000;
    private static final int REGULAR = 0x8000;

    private static final long GET_SEALS = 1034;
    private static final long SHRINK = 2;

    private SealedMemory() {}

    /**
     * Maps the whole memory, to read and to write; it is unmapped when the segment cannot be reached any more.
     *
     * @param pid the process
     * @param descriptor its number of the file
     * @throws NativeException ESRCH or ENOENT (no such process or file), EBADF (not memory), EPERM (it can shrink, or
     *     is not ours to open), E2BIG
     */
    public static MemorySegment map(int pid, int descriptor, long maxBytes) throws NativeException {
        String path = "/proc/" + pid + "/fd/" + descriptor;
        // What it is must be known before it is opened: to open a device or a pipe can have effects of its own.
        try (FileDescriptor name = open(path, PATH_ONLY)) {
            long bytes = size(name, path);
            if (bytes <= 0 || bytes > maxBytes) {
                throw new NativeException(TOO_BIG, path + " has " + bytes + " bytes, not 1 to " + maxBytes);
            }
            try (FileDescriptor file = open("/proc/self/fd/" + name.number(), READ_WRITE)) {
                long seals = Caller.current().call(SystemCall.FCNTL, file.number(), GET_SEALS, 0);
                if (seals < 0 || (seals & SHRINK) == 0) {
                    throw new NativeException(NOT_PERMITTED, path + " is not sealed against shrinking");
                }
                return SharedMemory.map(file, 0, bytes, true);
            }
        }
    }

    private static FileDescriptor open(String path, long flags) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            long number = Caller.current().call(SystemCall.OPENAT, CURRENT_DIRECTORY,
                    arena.allocateFrom(path).address(), flags | CLOSE_ON_EXEC);
            return new FileDescriptor((int) Caller.checked(number, "open of " + path));
        }
    }

    private static long size(FileDescriptor file, String path) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(STATX_BYTES, Long.BYTES);
            long result = Caller.current().call(SystemCall.STATX, file.number(), arena.allocateFrom("").address(),
                    EMPTY_PATH, TYPE_AND_SIZE, status.address(), 0);
            Caller.checked(result, "statx of " + path);
            if ((status.get(JAVA_SHORT, STATX_MODE) & TYPE_MASK) != REGULAR) {
                throw new NativeException(BAD_FILE, path + " is not memory");
            }
            return status.get(JAVA_LONG, STATX_SIZE);
        }
    }
}
