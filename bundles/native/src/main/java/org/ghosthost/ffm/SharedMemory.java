package org.ghosthost.ffm;

import java.lang.foreign.MemorySegment;

/** Memory of the kernel in the address space of this process. */
public final class SharedMemory {
    /** Bytes of a page. Both processors are used with this size; the kernel refuses a wrong offset. */
    public static final int PAGE = 4096;

    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int SHARED = 1;
    private static final int POPULATE = 0x8000;
    private static final int LOCK_CURRENT = 1;
    private static final int LOCK_FUTURE = 2;

    private SharedMemory() {}

    /**
     * Maps a part of a file; it is unmapped when the segment cannot be reached any more, so that a late reader reads
     * old values and nothing worse.
     *
     * @param offset a multiple of {@link #PAGE}
     * @param bytes 1 or more
     */
    public static MemorySegment map(FileDescriptor file, long offset, long bytes, boolean writable)
            throws NativeException {
        if (offset < 0 || offset % PAGE != 0 || bytes <= 0) {
            throw new IllegalArgumentException("not a part of a file: " + bytes + " bytes from " + offset);
        }
        int access = writable ? READ | WRITE : READ;
        long address = Caller.current()
                .call(SystemCall.MMAP, 0, bytes, access, SHARED | POPULATE, file.number(), offset);
        Caller.checked(address, "mmap of " + bytes + " bytes from " + offset + (writable ? " to write" : " to read"));
        MemorySegment memory = Native.memory(address, bytes,
                _ -> Caller.current().call(SystemCall.MUNMAP, address, bytes, 0));
        return writable ? memory : memory.asReadOnly();
    }

    /** Keeps all memory of this process in place, also what comes later. False if that is not permitted. */
    public static boolean lockAll() {
        return Caller.current().call(SystemCall.MLOCKALL, LOCK_CURRENT | LOCK_FUTURE, 0, 0) == 0;
    }
}
