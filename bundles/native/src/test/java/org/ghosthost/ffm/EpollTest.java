package org.ghosthost.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class EpollTest {
    private static final long LONG_NS = 20_000_000_000L;

    @Test
    void aSignalEndsTheWait() throws Exception {
        try (Epoll epoll = Epoll.open(); EventFile event = EventFile.open()) {
            epoll.add(event);
            Thread other = Thread.ofPlatform().start(event::signal);
            assertTrue(epoll.await(LONG_NS));
            other.join();
            assertTrue(epoll.foundFirst(event));
            assertTrue(epoll.await(0), "the signal was not taken yet");
            event.clear();
            assertFalse(epoll.await(0));
        }
    }

    @Test
    void theWaitEndsWhenTheTimeIsOver() throws Exception {
        try (Epoll epoll = Epoll.open()) {
            long start = System.nanoTime();
            assertFalse(epoll.await(3_000_000));
            assertTrue(System.nanoTime() - start >= 3_000_000);
        }
    }

    @Test
    void aFileIsAddedOnceAndRemovedOnce() throws Exception {
        try (Epoll epoll = Epoll.open(); EventFile event = EventFile.open()) {
            epoll.add(event);
            epoll.add(event);
            event.signal();
            assertTrue(epoll.await(0));
            epoll.remove(event);
            epoll.remove(event);
            assertFalse(epoll.await(0));
        }
    }

    @Test
    void oneCanWaitForAnother() throws Exception {
        try (Epoll outer = Epoll.open(); Epoll inner = Epoll.open(); EventFile event = EventFile.open()) {
            outer.add(inner);
            inner.add(event);
            assertFalse(outer.await(0));
            event.signal();
            assertTrue(outer.await(LONG_NS));
        }
    }

    @Test
    void aClosedFileIsNotUsed() throws NativeException {
        EventFile event = EventFile.open();
        event.close();
        event.close();
        assertThrows(IllegalStateException.class, event::signal);
    }

    @Test
    void signallingAndWaitingAllocateNothing() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Epoll epoll = Epoll.open(); EventFile event = EventFile.open()) {
            epoll.add(event);
            long least = Long.MAX_VALUE;
            for (int window = 0; window < 1_000 && least > 0; window++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 2_000; i++) {
                    event.signal();
                    epoll.await(LONG_NS);
                    event.clear();
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least, "bytes in 2000 rounds");
        }
    }
}
