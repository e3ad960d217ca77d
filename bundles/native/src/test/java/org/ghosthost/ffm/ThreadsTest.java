package org.ghosthost.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ThreadsTest {
    private static final int NO_THREAD = 1 << 22;
    private static final int ESRCH = 3;

    @Test
    void theNumberOfAThreadIsTheKernels() {
        assertTrue(Files.isDirectory(Path.of("/proc/self/task/" + Threads.current())));
        assertTrue(Threads.exists(Threads.current()));
        assertFalse(Threads.exists(NO_THREAD));
    }

    @Test
    void aThreadIsInTheFairClassAndStaysThere() {
        assertEquals(Threads.SCHED_OTHER, Threads.scheduler(Threads.current()));
        assertEquals(0, Threads.setScheduler(Threads.current(), Threads.SCHED_OTHER));
        assertEquals(-ESRCH, Threads.scheduler(NO_THREAD));
        assertEquals(-ESRCH, Threads.setScheduler(NO_THREAD, Threads.SCHED_OTHER));
    }

    @Test
    void aPinnedThreadMayUseOneCpuOnly() throws InterruptedException {
        Thread pinned = Thread.ofPlatform().start(() -> {
            assertTrue(Threads.readAffinity(Threads.current()));
            int cpu = Long.numberOfTrailingZeros(Threads.affinityWord(0));
            assertEquals(0, Threads.pin(0, cpu));
            assertTrue(Threads.readAffinity(0));
            for (int word = 1; word < Threads.AFFINITY_WORDS; word++) {
                assertEquals(0, Threads.affinityWord(word));
            }
            assertEquals(1L << cpu, Threads.affinityWord(0));
        });
        Throwable[] thrown = new Throwable[1];
        pinned.setUncaughtExceptionHandler((_, t) -> thrown[0] = t);
        pinned.join();
        assertEquals(null, thrown[0]);
        assertFalse(Threads.readAffinity(NO_THREAD));
        assertThrows(IllegalArgumentException.class, () -> Threads.pin(0, 1024));
        assertThrows(IllegalArgumentException.class, () -> Threads.affinityWord(16));
    }

    @Test
    void aProcessThatIsThereCanBeOpened() throws NativeException {
        try (FileDescriptor self = Threads.openProcess(Math.toIntExact(ProcessHandle.current().pid()))) {
            assertTrue(self.number() > 2);
        }
        NativeException refused = assertThrows(NativeException.class, () -> Threads.openProcess(NO_THREAD));
        assertEquals(ESRCH, refused.errno());
        assertTrue(refused.getMessage().startsWith("pidfd_open 4194304: "), refused.getMessage());
    }
}
