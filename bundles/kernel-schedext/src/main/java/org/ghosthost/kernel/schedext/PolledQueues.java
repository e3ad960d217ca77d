package org.ghosthost.kernel.schedext;

import java.util.Arrays;
import org.ghosthost.ffm.Epoll;
import org.ghosthost.ffm.NativeException;

/**
 * The queues of an enclave that wake nobody, because an agent that spins polls them. While that agent sleeps after all,
 * they wake it.
 */
final class PolledQueues {
    /** Replaced as a whole, by commands and where a generation takes over; read by the agent that spins. */
    private volatile SchedExtQueue[] queues = {};
    private final Epoll epoll;
    private final RecordTable records;

    PolledQueues(RecordTable records) throws NativeException {
        this.records = records;
        epoll = Epoll.open();
    }

    Epoll epoll() {
        return epoll;
    }

    synchronized void add(SchedExtQueue queue) throws NativeException {
        remove(queue);
        SchedExtQueue[] now = Arrays.copyOf(queues, queues.length + 1);
        now[queues.length] = queue;
        epoll.add(queue.file());
        queues = now;
    }

    synchronized void remove(SchedExtQueue queue) throws NativeException {
        epoll.remove(queue.file());
        queues = Arrays.stream(queues).filter(other -> !other.equals(queue)).toArray(SchedExtQueue[]::new);
    }

    boolean areEmpty() {
        SchedExtQueue[] all = queues;
        for (SchedExtQueue queue : all) {
            if (!queue.ring().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** From now on messages wake the agent of {@code cpu}, or nobody. By the agent that spins. */
    void wakeFrom(int cpu) {
        SchedExtQueue[] all = queues;
        for (SchedExtQueue queue : all) {
            records.setInt(queue.number(), SchedExtLayout.Queue.WAKEUP_CPU, cpu);
        }
    }

    void close() {
        epoll.close();
    }
}
