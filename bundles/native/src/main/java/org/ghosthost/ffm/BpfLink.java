package org.ghosthost.ffm;

import java.lang.foreign.MemorySegment;

/** What is attached to the kernel stays so until this is closed, or its process ends and it is not pinned. */
public final class BpfLink implements AutoCloseable {
    private final LibBpf library;
    private final MemorySegment link;
    private boolean closed;

    BpfLink(LibBpf library, MemorySegment link) {
        this.library = library;
        this.link = link;
    }

    /** Its file, to be pinned. */
    public FileDescriptor file() throws NativeException {
        try {
            int number = (int) library.linkFd.invokeExact(link);
            return FileDescriptor.borrowed((int) Caller.checked(number, "libbpf has no file of the link"));
        } catch (NativeException e) {
            throw e;
        } catch (Throwable t) { // declared by method handles; the function throws nothing
            throw new AssertionError(t);
        }
    }

    /** Detaches; idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                int result = (int) library.destroyLink.invokeExact(link);
                assert result <= 0;
            } catch (Throwable t) { // declared by method handles; the function throws nothing
                throw new AssertionError(t);
            }
        }
    }
}
