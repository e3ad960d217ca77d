package org.ghosthost.testkit;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ALLOCATED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CPU_AVAILABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.SIZE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.MessageRing;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * A kernel side whose agents are real threads, one for each CPU, which overlap as those of a real machine do. Its tasks
 * are entries of a table: chance stops and wakes them. For what goes wrong between threads only.
 */
final class ThreadedKernel extends InertEnclave implements KernelBackend {
    private static final int LIFE = 40;
    private static final long IDLE_NS = 20_000;

    private final Topology topology;
    private final CpuSet cpus;
    private final int tasks;
    private final int ringElements;
    private final SplittableRandom random;
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
    private final Longs words;
    private final StatusWords statusWords;
    private final TransactionTable transactions;
    private final List<MessageRing> queues = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    // The kernel side's own state, under the lock of this object. By task, by CPU.
    private final int[] generations;
    private final int[] lives;
    private final int[] queueOf;
    private final int[] onCpu;
    private final int[] wakeupOf = new int[CpuSet.MAX_CPUS];
    private final int[] current;
    private int defaultQueue;
    private int generation;
    private int died;
    private int resyncs;
    private boolean resync;

    private volatile boolean closed;
    private volatile @Nullable Throwable fault;

    ThreadedKernel(int cpuCount, int tasks, int ringElements, long seed) {
        topology = Topology.parse(Integer.toString(cpuCount));
        cpus = topology.allCpus().frozen();
        this.tasks = tasks;
        this.ringElements = ringElements;
        random = new SplittableRandom(seed);
        MemorySegment memory = MemorySegment.ofArray(new long[(tasks + cpuCount) * SIZE / Long.BYTES]);
        words = new Longs(memory);
        statusWords = new StatusWords(memory);
        transactions = new TransactionTable(
                MemorySegment.ofArray(new long[cpuCount * TransactionLayout.SIZE / Long.BYTES]));
        cpus.forEach(transactions::reset);
        generations = new int[tasks];
        lives = new int[tasks];
        queueOf = new int[tasks];
        onCpu = new int[tasks];
        current = new int[cpuCount];
        Arrays.fill(onCpu, -1);
        Arrays.fill(current, -1);
    }

    // ---- the world

    /** Something happens to a task: it is born, wakes, or leaves its CPU in one of four ways. */
    synchronized void step() {
        int task = random.nextInt(tasks);
        int flags = statusWords.flags(task);
        if (flags == 0) {
            born(task);
        } else if ((flags & FLAG_CAN_FREE) == 0 && (flags & FLAG_RUNNABLE) == 0) {
            flags(task, flags | FLAG_RUNNABLE);
            send(task, MessageType.TASK_WAKEUP, 0);
        } else if (onCpu[task] >= 0) {
            stop(task);
        }
    }

    private void born(int task) {
        generations[task]++;
        lives[task] = LIFE;
        queueOf[task] = defaultQueue;
        words.set(Longs.index(task, SIZE, StatusWordLayout.GTID), Gtid.of(task + 1, generations[task]));
        words.set(Longs.index(task, SIZE, StatusWordLayout.ENCLAVE), 1 | -1L << Integer.SIZE);
        flags(task, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE);
        send(task, MessageType.TASK_NEW, MessageLayout.FLAG_RUNNABLE);
    }

    private void stop(int task) {
        current[onCpu[task]] = -1;
        if (--lives[task] <= 0) {
            flags(task, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_CAN_FREE);
            died++;
            send(task, MessageType.TASK_DEAD, 0);
        } else {
            int how = random.nextInt(3);
            int runnable = how == 0 ? 0 : FLAG_RUNNABLE;
            flags(task, FLAG_ALLOCATED | FLAG_IN_USE | runnable);
            send(task, how == 0 ? MessageType.TASK_BLOCKED : how == 1 ? MessageType.TASK_YIELD
                    : MessageType.TASK_PREEMPT, 0);
        }
        onCpu[task] = -1;
    }

    private void send(int task, int type, int flags) {
        int barrier = raise(task);
        MessageRing ring = queues.get(queueOf[task]);
        boolean sent = ring.put(type, flags, barrier, statusWords.gtid(task), Math.max(0, onCpu[task]), task, 0, 0, 0,
                0, 0, now());
        resync |= !sent;
        resyncs += sent ? 0 : 1;
        if (wakeupOf[queueOf[task]] >= 0) {
            raise(tasks + wakeupOf[queueOf[task]]);
        }
    }

    private int raise(int word) {
        long before = words.getAcquire(Longs.index(word, SIZE, StatusWordLayout.BARRIER));
        words.setRelease(Longs.index(word, SIZE, StatusWordLayout.BARRIER),
                (before & ~0xffff_ffffL) | ((before + 1) & 0xffff_ffffL));
        return (int) before + 1;
    }

    private void flags(int word, int flags) {
        long before = words.getAcquire(Longs.index(word, SIZE, StatusWordLayout.BARRIER));
        words.setRelease(Longs.index(word, SIZE, StatusWordLayout.BARRIER),
                (before & 0xffff_ffffL) | (long) flags << Integer.SIZE);
    }

    /** Tasks that lived to their end. */
    synchronized int died() {
        return died;
    }

    /** Messages that did not fit into their queue. */
    synchronized int overflows() {
        return resyncs;
    }

    /** A task that can run and has no CPU, or -1. */
    synchronized int waiting() {
        for (int task = 0; task < tasks; task++) {
            if (statusWords.runnable(task) && onCpu[task] < 0) {
                return task;
            }
        }
        return -1;
    }

    @Nullable Throwable fault() {
        return fault;
    }

    // ---- agents

    @Override
    public int attachAgent(int cpu, int queue, AgentPass pass) {
        flags(tasks + cpu, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_IS_AGENT | FLAG_CPU_AVAILABLE);
        Thread thread = Thread.ofPlatform().name("agent " + cpu).daemon().unstarted(() -> loop(cpu, pass));
        threads.add(thread);
        thread.start();
        return tasks + cpu;
    }

    private void loop(int cpu, AgentPass pass) {
        try {
            while (!closed) {
                boolean alone = pass.mustBeAlone();
                if (alone) {
                    gate.writeLock().lock();
                } else {
                    gate.readLock().lock();
                }
                try {
                    if (!alone && pass.mustBeAlone()) {
                        continue;
                    }
                    pass.decide(alone);
                    pass.commit();
                } finally {
                    if (alone) {
                        gate.writeLock().unlock();
                    } else {
                        gate.readLock().unlock();
                    }
                }
                if (!pass.spins() && pass.waitUntilNs() != Policy.AGAIN
                        && statusWords.barrier(tasks + cpu) == pass.barrier()) {
                    LockSupport.parkNanos(IDLE_NS); // a message is seen a little late at worst
                }
            }
        } catch (Throwable t) { // kept for the test
            fault = t;
        }
    }

    @Override
    public synchronized boolean ping(int cpu) {
        raise(tasks + cpu);
        return true;
    }

    // ---- queues

    @Override
    public int createQueue(int elements) {
        queues.add(new MessageRing(ringElements));
        return queues.size() - 1;
    }

    @Override
    public synchronized void setDefaultQueue(int queue) {
        defaultQueue = queue;
    }

    @Override
    public synchronized void configWakeup(int queue, int cpu) {
        wakeupOf[queue] = cpu;
    }

    @Override
    public int drain(int queue, MessageHandler handler, int limit) {
        return queues.get(queue).drain(handler, limit);
    }

    @Override
    public int depth(int queue) {
        return queues.get(queue).depth();
    }

    @Override
    public synchronized int associate(long gtid, int queue, int barrier) {
        int task = Gtid.pid(gtid) - 1;
        if (statusWords.gtid(task) != gtid || (statusWords.flags(task) & FLAG_CAN_FREE) != 0) {
            return -Errno.ENOENT.number();
        }
        if (statusWords.barrier(task) != barrier) {
            return -Errno.ESTALE.number();
        }
        boolean already = queueOf[task] == queue;
        queueOf[task] = queue;
        return already ? KernelEnclave.ALREADY : 0;
    }

    @Override
    public synchronized boolean takeResync() {
        boolean taken = resync;
        resync = false;
        return taken;
    }

    // ---- commits

    @Override
    public void commit(int agentCpu, CpuSet which) {
        for (int cpu = which.first(); cpu >= 0; cpu = which.next(cpu + 1)) {
            commit(agentCpu, cpu);
        }
    }

    private synchronized void commit(int agentCpu, int cpu) {
        if (!transactions.claim(cpu, agentCpu)) {
            return;
        }
        long gtid = transactions.gtid(cpu);
        TransactionState state = gtid > 0 ? check(cpu, gtid) : TransactionState.COMPLETE;
        if (state.succeeded()) {
            int before = current[cpu];
            if (before >= 0) {
                onCpu[before] = -1;
                flags(before, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE);
                send(before, MessageType.TASK_PREEMPT, 0);
            }
            current[cpu] = gtid > 0 ? Gtid.pid(gtid) - 1 : -1;
            if (gtid > 0) {
                onCpu[current[cpu]] = cpu;
                flags(current[cpu], FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE | FLAG_ON_CPU);
            }
        }
        transactions.store(cpu, state);
    }

    private TransactionState check(int cpu, long gtid) {
        int task = Gtid.pid(gtid) - 1;
        if (transactions.generation(cpu) != generation) {
            return TransactionState.AGENT_STALE;
        }
        if (statusWords.gtid(task) != gtid) {
            return TransactionState.TARGET_NOT_FOUND;
        }
        if (statusWords.barrier(task) != transactions.taskBarrier(cpu)) {
            return TransactionState.TARGET_STALE;
        }
        return !statusWords.runnable(task) ? TransactionState.TARGET_NOT_RUNNABLE
                : onCpu[task] >= 0 ? TransactionState.TARGET_ONCPU : TransactionState.COMPLETE;
    }

    @Override
    public boolean commitSyncGroup(int agentCpu, CpuSet which) {
        throw new UnsupportedOperationException("no policy of these tests has sync groups");
    }

    @Override
    public synchronized void setGeneration(int value) {
        generation = value;
    }

    // ---- the rest

    @Override
    public synchronized int freeStatusWord(int index) {
        if ((statusWords.flags(index) & FLAG_CAN_FREE) == 0) {
            return -Errno.EINVAL.number();
        }
        words.set(Longs.index(index, SIZE, StatusWordLayout.GTID), 0);
        flags(index, 0);
        return 0;
    }

    @Override
    public void execute(Runnable command) {
        gate.writeLock().lock();
        try {
            command.run();
        } finally {
            gate.writeLock().unlock();
        }
    }

    @Override
    public KernelEnclave createEnclave(int id, CpuSet of) {
        return this;
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public String name() {
        return "threaded";
    }

    @Override
    public Topology topology() {
        return topology;
    }

    @Override
    public Set<Feature> features() {
        return EnumSet.allOf(Feature.class);
    }

    @Override
    public long now() {
        return System.nanoTime();
    }

    @Override
    public int id() {
        return 1;
    }

    @Override
    public CpuSet cpus() {
        return cpus.copy();
    }

    @Override
    public StatusWords statusWords() {
        return statusWords;
    }

    @Override
    public TransactionTable transactions() {
        return transactions;
    }

    @Override
    public void detachAgent(int cpu) {}

    @Override
    public void enter(long tid) {}

    @Override
    public synchronized int taskCount() {
        return tasks;
    }

    @Override
    public String taskName(long gtid) {
        return Gtid.toString(gtid);
    }

    @Override
    public boolean affinity(long gtid, CpuSet into) {
        into.copyFrom(cpus);
        return true;
    }
}
