package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** By a BPF array, where this process may make one. */
final class SharedMemoryTest {
    private static FileDescriptor newArray() throws NativeException {
        try {
            return Bpf.createMap("test", Bpf.ARRAY, Integer.BYTES, Long.BYTES, 512, Bpf.MAPPABLE);
        } catch (NativeException e) {
            assumeTrue(e.errno() == 0, "no BPF here: " + e.getMessage());
            throw e;
        }
    }

    @Test
    void whatIsWrittenToTheMemoryStandsInTheMap() throws NativeException {
        try (FileDescriptor map = newArray(); Arena arena = Arena.ofConfined()) {
            assertEquals(Bpf.MAPPABLE, Bpf.mapFlags(map));
            MemorySegment memory = SharedMemory.map(map, 0, SharedMemory.PAGE, true);
            memory.setAtIndex(JAVA_LONG, 511, 42);
            MemorySegment value = arena.allocate(JAVA_LONG);
            Bpf.read(map, 511, value);
            assertEquals(42, value.get(JAVA_LONG, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> memory.getAtIndex(JAVA_LONG, 512));
        }
    }

    @Test
    void aViewToReadCannotBeWritten() throws NativeException {
        try (FileDescriptor map = newArray()) {
            MemorySegment memory = SharedMemory.map(map, 0, SharedMemory.PAGE, false);
            assertThrows(IllegalArgumentException.class, () -> memory.setAtIndex(JAVA_LONG, 0, 1));
        }
    }

    @Test
    void whatCannotBeMappedIsRefusedWithItsArguments() throws NativeException {
        try (FileDescriptor map = newArray()) {
            assertThrows(IllegalArgumentException.class, () -> SharedMemory.map(map, 1, 8, true));
            assertThrows(IllegalArgumentException.class, () -> SharedMemory.map(map, 0, 0, true));
            NativeException refused = assertThrows(NativeException.class,
                    () -> SharedMemory.map(map, 1L << 30, SharedMemory.PAGE, true));
            assertEquals("mmap of 4096 bytes from 1073741824 to write",
                    refused.getMessage().substring(0, refused.getMessage().indexOf(':')));
        }
    }

    @Test
    void aProgramThatIsNotThereIsAnError() {
        ProgramRun run = new ProgramRun(64);
        assertEquals(-9, run.run(1 << 20), "EBADF");
        assertThrows(IllegalArgumentException.class, () -> new ProgramRun(0));
        assertThrows(IllegalArgumentException.class, () -> new ProgramRun(70_000));
    }
}
