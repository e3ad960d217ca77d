package org.ghosthost.testkit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A global agent on the kernel seam: runs whatever can run on whatever CPU of the enclave is free, first come, first
 * served. It waits spinning, as a global agent does.
 */
public class FifoAgent extends TestAgent {
    private static final long RETRY_NS = 20_000;

    /** A task that it knows. */
    protected static final class Known {
        final long gtid;
        int seqnum;
        boolean queued;

        Known(long gtid) {
            this.gtid = gtid;
        }

        /** The task. */
        public long gtid() {
            return gtid;
        }

        /** The last sequence number seen. */
        public int seqnum() {
            return seqnum;
        }
    }

    private final Map<Long, Known> tasks = new LinkedHashMap<>();
    private final Deque<Known> queued = new ArrayDeque<>();
    private final @Nullable Known[] current;
    private final long[] refusedUntilNs;
    private final CpuSet cpus;
    private final IntPredicate usable;
    private volatile int taskCount;
    private final AtomicLong completed = new AtomicLong();

    /** Decides for all CPUs of the enclave but its own. */
    public FifoAgent(KernelBackend kernel, KernelEnclave enclave, int cpu, int queue) {
        this(kernel, enclave, cpu, queue, other -> other != cpu);
    }

    /** Decides for those CPUs of the enclave that {@code usable} names. */
    public FifoAgent(KernelBackend kernel, KernelEnclave enclave, int cpu, int queue, IntPredicate usable) {
        super(kernel, enclave, cpu, queue);
        cpus = enclave.cpus();
        current = new Known[cpus.last() + 1];
        refusedUntilNs = new long[cpus.last() + 1];
        this.usable = usable;
    }

    /**
     * Makes an agent of this kind with a queue of its own, which is the default queue and is polled, and satellites on
     * the other CPUs of the enclave. Called inside of {@link KernelBackend#execute}.
     */
    public static FifoAgent lead(KernelBackend kernel, KernelEnclave enclave, int cpu) throws KernelException {
        int queue = enclave.createQueue(65536);
        enclave.setDefaultQueue(queue);
        enclave.configWakeup(queue, CpuSet.NO_CPU);
        FifoAgent agent = new FifoAgent(kernel, enclave, cpu, queue);
        agent.attachWithSatellites();
        return agent;
    }

    /** Becomes the agent of its CPU, with satellites on the others. Called inside of {@link KernelBackend#execute}. */
    public final void attachWithSatellites() throws KernelException {
        for (int other = cpus.first(); other >= 0; other = cpus.next(other + 1)) {
            if (other != cpu) {
                int aside = enclave.createQueue(64);
                enclave.configWakeup(aside, CpuSet.NO_CPU);
                new TestAgent(kernel, enclave, other, aside) {}.attach();
            }
        }
        attach();
    }

    /** Tasks that it knows now. */
    public final int taskCount() {
        return taskCount;
    }

    /** Commits that succeeded. */
    public final long completed() {
        return completed.get();
    }

    // ---- for a subclass

    /** The task that runs on this CPU as far as messages have told; null if none. */
    protected final @Nullable Known current(int target) {
        return current[target];
    }

    /** The next task that can run, which leaves the queue; null if there is none. */
    protected final @Nullable Known poll() {
        Known task = queued.poll();
        if (task != null) {
            task.queued = false;
        }
        return task;
    }

    /** Puts a task that can run at the end of the queue. */
    protected final void enqueue(Known task) {
        if (!task.queued) {
            task.queued = true;
            queued.add(task);
        }
    }

    /** Notes what the CPU runs now. */
    protected final void runs(int target, @Nullable Known task) {
        current[target] = task;
    }

    /** The task with this gtid; null if it is gone. */
    protected final @Nullable Known known(long gtid) {
        return tasks.get(gtid);
    }

    // ---- messages

    @Override
    protected void seen(SeenMessage message) {
        if (!MessageType.isTask(message.type())) {
            return;
        }
        Known task = tasks.computeIfAbsent(message.gtid(), Known::new);
        task.seqnum = message.seqnum();
        switch (message.type()) {
            case MessageType.TASK_NEW -> {
                if (message.runnable()) {
                    enqueue(task);
                }
            }
            case MessageType.TASK_WAKEUP -> enqueue(task);
            case MessageType.TASK_PREEMPT, MessageType.TASK_YIELD -> {
                offCpu(task);
                enqueue(task);
            }
            case MessageType.TASK_BLOCKED -> {
                offCpu(task);
                unqueue(task);
            }
            case MessageType.TASK_DEAD, MessageType.TASK_DEPARTED -> {
                offCpu(task);
                unqueue(task);
                tasks.remove(task.gtid);
            }
            default -> { }
        }
        taskCount = tasks.size();
    }

    private void offCpu(Known task) {
        for (int at = 0; at < current.length; at++) {
            if (current[at] == task) {
                current[at] = null;
            }
        }
    }

    private void unqueue(Known task) {
        if (task.queued) {
            task.queued = false;
            queued.remove(task);
        }
    }

    // ---- decisions

    @Override
    protected long schedule() {
        CpuSet allowed = new CpuSet();
        for (int target = cpus.first(); target >= 0; target = cpus.next(target + 1)) {
            if (usable.test(target) && current[target] == null && !isPending(target)
                    && refusedUntilNs[target] <= kernel.now()) {
                Known task = pollFor(target, allowed);
                if (task != null) {
                    current[target] = task;
                    open(target, task.gtid, task.seqnum);
                }
            }
        }
        return queued.isEmpty() ? Policy.UNTIL_MESSAGE : kernel.now() + RETRY_NS;
    }

    private @Nullable Known pollFor(int target, CpuSet allowed) {
        for (Known task : queued) {
            allowed.clear();
            if (enclave.affinity(task.gtid, allowed) && allowed.contains(target)) {
                unqueue(task);
                return task;
            }
        }
        return null;
    }

    @Override
    protected void outcome(int target, long gtid, TransactionState state) {
        if (state.succeeded()) {
            completed.incrementAndGet();
            return;
        }
        if (state == TransactionState.CPU_UNAVAIL) {
            refusedUntilNs[target] = kernel.now() + 2 * RETRY_NS;
        }
        Known task = current[target];
        if (task != null && task.gtid == gtid) {
            current[target] = null;
            if (state != TransactionState.TARGET_NOT_RUNNABLE && state != TransactionState.TARGET_NOT_FOUND
                    && tasks.containsKey(gtid)) {
                enqueue(task);
            }
        }
    }

    @Override
    public boolean spins() {
        return true;
    }
}
