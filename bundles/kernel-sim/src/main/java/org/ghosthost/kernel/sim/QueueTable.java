package org.ghosthost.kernel.sim;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.MessageRing;
import org.jspecify.annotations.Nullable;

/** The queues of an enclave, and who sends to which. */
final class QueueTable {
    private static final int MAX_QUEUES = 65_536;

    private final Machine m;
    private final SimEnclave enclave;
    private final List<SimQueue> queues = new ArrayList<>();
    private @Nullable SimQueue defaultQueue;

    QueueTable(Machine machine, SimEnclave enclave) {
        m = machine;
        this.enclave = enclave;
    }

    int create(int elements) throws KernelException {
        if (queues.size() == MAX_QUEUES) {
            throw new KernelException(Errno.ENOMEM, "the enclave has " + MAX_QUEUES + " queues already");
        }
        if (elements <= 0 || elements > MessageRing.MAX_ELEMENTS || Integer.bitCount(elements) != 1) {
            throw new KernelException(Errno.EINVAL, "queue size must be a power of two up to 65536: " + elements);
        }
        queues.add(new SimQueue(queues.size(), enclave, elements));
        return queues.size() - 1;
    }

    void setDefault(int number) throws KernelException {
        defaultQueue = number == -1 ? null : queue(number);
    }

    @Nullable SimQueue defaultQueue() {
        return defaultQueue;
    }

    void configWakeup(int number, int cpu) throws KernelException {
        SimQueue q = queue(number);
        if (cpu != SimQueue.POLLED && (cpu < 0 || cpu >= m.cpus.length || !m.cpus[cpu].online)) {
            throw new KernelException(Errno.EINVAL, "no such CPU, or it is offline: " + cpu);
        }
        q.wakeCpu = cpu;
        if (cpu != SimQueue.POLLED && enclave.hasAgent(cpu)) {
            m.agents.wake(m.cpus[cpu]); // the queue may hold something
        }
    }

    MessageRing ring(int number) {
        return queues.get(number).ring;
    }

    SimQueue queue(int number) throws KernelException {
        if (number < 0 || number >= queues.size()) {
            throw new KernelException(Errno.EINVAL, "the enclave has no queue " + number);
        }
        return queues.get(number);
    }

    int associate(long gtid, int number, int barrier) {
        if (number < 0 || number >= queues.size()) {
            return -Errno.EBADF.number();
        }
        Task t = m.find(gtid);
        if (t == null || t.enclave != enclave || t.state == Task.DEAD) {
            return -Errno.ENOENT.number();
        }
        if (t.barrier != barrier) {
            return -Errno.ESTALE.number();
        }
        SimQueue q = queues.get(number);
        int bits = t.queue == q ? KernelEnclave.ALREADY : 0;
        t.queue = q;
        return t.newTask || t.isGated() ? bits | KernelEnclave.BRAND_NEW : bits;
    }

    int associateAgent(@Nullable Agent agent, int number, int barrier) {
        if (number < 0 || number >= queues.size()) {
            return -Errno.EBADF.number();
        }
        if (agent == null) {
            return -Errno.ENOENT.number();
        }
        if (agent.thread.barrier != barrier) {
            return -Errno.ESTALE.number();
        }
        SimQueue q = queues.get(number);
        int bits = agent.queue == q ? KernelEnclave.ALREADY : 0;
        agent.queue = q;
        return bits;
    }
}
