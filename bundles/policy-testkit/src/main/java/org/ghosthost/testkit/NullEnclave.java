package org.ghosthost.testkit;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ALLOCATED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CPU_AVAILABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import java.lang.foreign.MemorySegment;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.MessageRing;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * The enclave of a {@link NullKernel}. Task {@code n} has status word {@code n} and pid {@code n + 1}; agents have the
 * words behind the tasks. Everything that a commit checks is checked, in the kernel's order.
 */
public final class NullEnclave implements KernelEnclave {
    private static final long NS_PER_PASS = 1_000;

    private final int id;
    private final CpuSet cpus;
    private final int maxTasks;
    private final NullWorkload workload;
    private final Longs words;
    private final StatusWords statusWords;
    private final TransactionTable transactions;
    private final MessageRing[] queues;
    private final AgentPass @Nullable [] passes = new AgentPass[CpuSet.MAX_CPUS];
    private final int[] ran = new int[CpuSet.MAX_CPUS];
    private final int[] ranOn = new int[CpuSet.MAX_CPUS];
    private final int[] generations;
    private final long[] cpuSeqnums = new long[CpuSet.MAX_CPUS];
    private int queueCount;
    private int committed;
    private int generation;
    private int living;
    private long nowNs = 1_000_000;
    private long decisions;
    private long failures;
    private boolean resync;

    NullEnclave(int id, CpuSet cpus, int maxTasks, NullWorkload workload) {
        this.id = id;
        this.cpus = cpus.frozen();
        this.maxTasks = maxTasks;
        this.workload = workload;
        int count = maxTasks + cpus.last() + 1;
        words = new Longs(longs(count, StatusWordLayout.SIZE));
        statusWords = new StatusWords(words.memory());
        transactions = new TransactionTable(longs(cpus.last() + 1, TransactionLayout.SIZE));
        cpus.forEach(transactions::reset);
        queues = new MessageRing[cpus.size()];
        generations = new int[maxTasks];
    }

    private static MemorySegment longs(int count, int size) {
        return MemorySegment.ofArray(new long[count * (size / Long.BYTES)]);
    }

    void pass(int cpu) {
        AgentPass pass = passes[cpu];
        if (pass == null) {
            throw new IllegalArgumentException("CPU " + cpu + " has no agent");
        }
        nowNs += NS_PER_PASS;
        pass.decide();
        pass.commit();
        runAll();
        workload.passed(this);
    }

    void runAll() {
        for (int i = 0; i < committed; i++) {
            workload.ran(this, ran[i], ranOn[i]);
        }
        committed = 0;
    }

    // ---- what tasks do

    /** A task enters, able to run. */
    public void enters(int task) {
        generations[task]++;
        living++;
        clear(task);
        words.set(at(task, StatusWordLayout.GTID), gtid(task));
        words.set(at(task, StatusWordLayout.ENCLAVE), (long) CpuSet.NO_CPU << Integer.SIZE);
        flags(task, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE);
        send(task, MessageType.TASK_NEW, MessageLayout.FLAG_RUNNABLE, -1);
    }

    /** A task sleeps after it had {@code cpu}. */
    public void blocks(int task, int cpu) {
        flags(task, FLAG_ALLOCATED | FLAG_IN_USE);
        send(task, MessageType.TASK_BLOCKED, 0, cpu);
    }

    /** A sleeping task can run. */
    public void wakes(int task, int cpu) {
        flags(task, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE);
        send(task, MessageType.TASK_WAKEUP, MessageLayout.FLAG_DEFERRABLE, cpu);
    }

    /** A task gave {@code cpu} up. */
    public void yields(int task, int cpu) {
        send(task, MessageType.TASK_YIELD, 0, cpu);
    }

    /** A task lost {@code cpu}. */
    public void losesCpu(int task, int cpu) {
        send(task, MessageType.TASK_PREEMPT, 0, cpu);
    }

    /** A task ends after it had {@code cpu}. */
    public void dies(int task, int cpu) {
        blocks(task, cpu);
        living--;
        flags(task, FLAG_ALLOCATED | FLAG_IN_USE | FLAG_CAN_FREE);
        send(task, MessageType.TASK_DEAD, 0, cpu);
    }

    /** A message of any other type. */
    public void says(int task, int type, int flags, int cpu) {
        send(task, type, flags, cpu);
    }

    /** A message about a CPU. */
    public void says(int type, int cpu) {
        MessageRing queue = queues[0];
        int word = agentWord(cpu);
        long at = queue.begin(type, 0, barrier(word), 0, -1);
        if (at >= 0) {
            queue.edge(at, cpu, nowNs);
            queue.publish();
        }
    }

    /** The barrier of a task moves, and nothing says so: what is decided for it now is refused as stale. */
    public void missesMessage(int task) {
        barrier(task);
    }

    /** A queue overflowed: the status words must be read again. */
    public void overflows() {
        resync = true;
    }

    /** Makes the CPU wanted by others, or not. */
    public void available(int cpu, boolean is) {
        flags(agentWord(cpu), agentFlags(is));
    }

    private void send(int task, int type, int flags, int cpu) {
        int barrier = barrier(task);
        MessageRing queue = queues[0];
        long at = queue.begin(type, flags, barrier, gtid(task), task);
        if (at < 0) {
            resync = true;
            return;
        }
        queue.edge(at, cpu, nowNs);
        if (cpu >= 0) {
            queue.set(at, MessageLayout.CPU_SEQNUM, ++cpuSeqnums[cpu]);
        }
        queue.publish();
    }

    // ---- commits

    @Override
    public void commit(int agentCpu, CpuSet which) {
        for (int cpu = which.first(); cpu >= 0; cpu = which.next(cpu + 1)) {
            if (transactions.claim(cpu, agentCpu)) {
                long gtid = transactions.gtid(cpu);
                TransactionState state = validate(cpu, gtid);
                if (state == TransactionState.COMPLETE) {
                    decisions++;
                    transactions.committed(cpu, nowNs, ++cpuSeqnums[cpu]);
                    if (gtid > 0) {
                        ran[committed] = task(gtid);
                        ranOn[committed++] = cpu;
                    }
                } else {
                    failures++;
                }
                transactions.store(cpu, state);
            }
        }
    }

    private TransactionState validate(int cpu, long gtid) {
        if (transactions.version(cpu) != TransactionLayout.VERSION_NUMBER) {
            return TransactionState.UNSUPPORTED_VERSION;
        }
        if (transactions.cpu(cpu) != cpu) {
            return TransactionState.INVALID_CPU;
        }
        if (!NullFlags.areValid(transactions.flags(cpu), gtid)) {
            return TransactionState.INVALID_FLAGS;
        }
        if (transactions.generation(cpu) != generation) {
            return TransactionState.AGENT_STALE;
        }
        TransactionState target = validateTarget(cpu, gtid);
        if (target != TransactionState.COMPLETE) {
            return target;
        }
        if (passes[cpu] == null) {
            return TransactionState.NO_AGENT;
        }
        return (statusWords.flags(agentWord(cpu)) & FLAG_CPU_AVAILABLE) == 0 ? TransactionState.CPU_UNAVAIL
                : TransactionState.COMPLETE;
    }

    private TransactionState validateTarget(int cpu, long gtid) {
        if (gtid <= 0) {
            return gtid < Gtid.IDLE ? TransactionState.INVALID_TARGET : TransactionState.COMPLETE;
        }
        int task = task(gtid);
        if (task < 0 || task >= maxTasks || statusWords.gtid(task) != gtid) {
            return TransactionState.TARGET_NOT_FOUND;
        }
        long word = statusWords.barrierAndFlags(task);
        int flags = (int) (word >>> Integer.SIZE);
        if ((flags & FLAG_CAN_FREE) != 0 || (int) word != transactions.taskBarrier(cpu)) {
            return TransactionState.TARGET_STALE;
        }
        if ((flags & FLAG_RUNNABLE) == 0) {
            return TransactionState.TARGET_NOT_RUNNABLE;
        }
        return (flags & FLAG_ON_CPU) != 0 ? TransactionState.TARGET_ONCPU : TransactionState.COMPLETE;
    }

    @Override
    public boolean commitSyncGroup(int agentCpu, CpuSet which) {
        commit(agentCpu, which);
        return true;
    }

    /** Decisions that held. */
    public long decisions() {
        return decisions;
    }

    /** Decisions that were refused. */
    public long failures() {
        return failures;
    }

    long nowNs() {
        return nowNs;
    }

    // ---- status words

    private int agentWord(int cpu) {
        return maxTasks + cpu;
    }

    private static int agentFlags(boolean available) {
        return FLAG_ALLOCATED | FLAG_IN_USE | FLAG_IS_AGENT | (available ? FLAG_CPU_AVAILABLE : 0);
    }

    private long gtid(int task) {
        return Gtid.of(task + 1, generations[task]);
    }

    private static int task(long gtid) {
        return Gtid.pid(gtid) - 1;
    }

    private void clear(int word) {
        for (int field = 0; field < StatusWordLayout.SIZE; field += Long.BYTES) {
            words.set(at(word, field), 0);
        }
    }

    private void flags(int word, int flags) {
        words.setRelease(at(word, 0), (statusWords.barrierAndFlags(word) & 0xffff_ffffL) | (long) flags << Integer.SIZE);
    }

    /** Counts the barrier up; the new one. */
    private int barrier(int word) {
        long before = statusWords.barrierAndFlags(word);
        int barrier = (int) before + 1;
        words.setRelease(at(word, 0), (before & ~0xffff_ffffL) | (barrier & 0xffff_ffffL));
        return barrier;
    }

    private static long at(int word, int field) {
        return (long) word * StatusWordLayout.SIZE + field;
    }

    @Override
    public int freeStatusWord(int index) {
        if ((statusWords.flags(index) & FLAG_CAN_FREE) == 0) {
            return -Errno.EINVAL.number();
        }
        flags(index, 0);
        words.set(at(index, StatusWordLayout.GTID), 0);
        return 0;
    }

    // ---- the rest of the seam

    @Override
    public int id() {
        return id;
    }

    @Override
    public CpuSet cpus() {
        return cpus.copy();
    }

    @Override
    public void setCpus(CpuSet others) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "the null kernel cannot change CPUs");
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
    public int createQueue(int elements) {
        queues[queueCount] = new MessageRing(elements);
        return queueCount++;
    }

    @Override
    public void setDefaultQueue(int queue) {}

    @Override
    public void configWakeup(int queue, int cpu) {}

    @Override
    public int drain(int queue, MessageHandler handler, int limit) {
        return queues[queue].drain(handler, limit);
    }

    @Override
    public int depth(int queue) {
        return queues[queue].depth();
    }

    @Override
    public int associate(long gtid, int queue, int barrier) {
        return 0;
    }

    @Override
    public int associateAgent(int cpu, int queue, int barrier) {
        return 0;
    }

    @Override
    public boolean takeResync() {
        boolean taken = resync;
        resync = false;
        return taken;
    }

    @Override
    public int attachAgent(int cpu, int queue, AgentPass pass) {
        passes[cpu] = pass;
        flags(agentWord(cpu), agentFlags(true));
        return agentWord(cpu);
    }

    @Override
    public void detachAgent(int cpu) {
        passes[cpu] = null;
    }

    @Override
    public boolean ping(int cpu) {
        return true;
    }

    @Override
    public void setGeneration(int value) {
        generation = value;
    }

    @Override
    public void enter(long tid) {
        enters((int) tid);
    }

    @Override
    public void leave(long tid) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "tasks of the null kernel do not leave");
    }

    @Override
    public int taskCount() {
        return living;
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

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return null;
    }

    @Override
    public int armTimer(int cpu, long atNs, long type, long cookie) {
        return -Errno.EINVAL.number();
    }

    @Override
    public long tunable(Tunable tunable) {
        return 0;
    }

    @Override
    public void setTunable(Tunable tunable, long value) throws KernelException {
        throw new KernelException(Errno.ENOTSUP, "the null kernel has no tunables");
    }

    @Override
    public void setMode(EnclaveMode mode) {}

    @Override
    public EnclaveMode mode() {
        return EnclaveMode.AGENTS;
    }

    @Override
    public long count(Counter counter) {
        return 0;
    }

    @Override
    public void onDestroyed(DestroyListener listener) {}

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public void destroy() {}
}
