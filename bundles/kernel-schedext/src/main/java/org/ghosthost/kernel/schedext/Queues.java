package org.ghosthost.kernel.schedext;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.MessageRing;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** The queues of one enclave. */
final class Queues {
    private final KernelSide side;
    private final QueueNumbers numbers;
    private final int slot;
    private final PolledQueues polled;
    /** By number; written by commands. */
    private final @Nullable SchedExtQueue[] queues = new SchedExtQueue[SchedExtLayout.MAX_QUEUES];
    private final List<SchedExtQueue> made = new ArrayList<>();

    Queues(KernelSide side, QueueNumbers numbers, int slot) throws NativeException {
        this.side = side;
        this.numbers = numbers;
        this.slot = slot;
        polled = new PolledQueues(side.queues);
    }

    PolledQueues polled() {
        return polled;
    }

    int create(int elements) throws KernelException {
        if (elements <= 0 || elements > MessageRing.MAX_ELEMENTS || Integer.bitCount(elements) != 1) {
            throw new KernelException(Errno.EINVAL,
                    "queue size must be a power of two up to " + MessageRing.MAX_ELEMENTS + ": " + elements);
        }
        int number = numbers.take();
        try {
            int bytes = RingQueue.bytesFor(elements);
            FileDescriptor file = side.createRing(number, bytes);
            SchedExtQueue queue = new SchedExtQueue(number, file, RingQueue.map(file, bytes));
            side.queues.setLong(number, SchedExtLayout.Queue.MESSAGES, 0);
            side.queues.setLong(number, SchedExtLayout.Queue.OVERFLOWS, 0);
            side.queues.setInt(number, SchedExtLayout.Queue.WAKEUP_CPU, CpuSet.NO_CPU);
            side.queues.setInt(number, SchedExtLayout.Queue.ENCLAVE, slot);
            queues[number] = queue;
            made.add(queue);
            polled.add(queue);
            return number;
        } catch (NativeException e) {
            numbers.giveBack(number);
            throw Errors.of(e);
        }
    }

    /** Null if there is none of this number in the enclave. */
    @Nullable SchedExtQueue find(int number) {
        return number >= 0 && number < queues.length ? queues[number] : null;
    }

    SchedExtQueue get(int number) throws KernelException {
        SchedExtQueue queue = find(number);
        if (queue == null) {
            throw new KernelException(Errno.EINVAL, "the enclave has no queue " + number);
        }
        return queue;
    }

    /** The ring of a queue that is there. */
    RingQueue ring(int number) {
        SchedExtQueue queue = find(number);
        if (queue == null) {
            throw new IllegalArgumentException("the enclave has no queue " + number);
        }
        return queue.ring();
    }

    /**
     * Lets a queue wake another agent, or nobody.
     *
     * @param before the agent that it wakes now, null = none
     * @param now the agent that it is to wake, null = none
     */
    void wake(SchedExtQueue queue, int cpu, @Nullable AgentThread before, @Nullable AgentThread now)
            throws KernelException {
        try {
            if (before != null) {
                before.forget(queue);
            }
            queue.wakeupCpu(cpu);
            if (cpu == CpuSet.NO_CPU) {
                polled.add(queue);
            } else {
                polled.remove(queue);
            }
            side.queues.setInt(queue.number(), SchedExtLayout.Queue.WAKEUP_CPU, cpu);
            if (now != null) {
                now.watch(queue);
            }
        } catch (NativeException e) {
            throw Errors.of(e);
        }
    }

    /** All of them, oldest first. */
    List<SchedExtQueue> all() {
        return List.copyOf(made);
    }

    /** Takes all of them away; no agent is there any more. */
    void close() {
        for (SchedExtQueue queue : made) {
            side.queues.setInt(queue.number(), SchedExtLayout.Queue.ENCLAVE, SchedExtLayout.NONE);
            side.removeRing(queue.number());
            queue.file().close();
            numbers.giveBack(queue.number());
        }
        polled.close();
    }
}
