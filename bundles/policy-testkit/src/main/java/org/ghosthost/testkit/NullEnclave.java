package org.ghosthost.testkit;

import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_TXN_COMMIT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ALLOCATED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CPU_AVAILABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.MessageRing;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * The enclave of a {@link NullKernel}. Task {@code n} has status word {@code n} and pid {@code n + 1}; agents have the
 * words behind the tasks. Everything that a commit checks is checked, in the kernel's order.
 */
public final class NullEnclave extends InertEnclave {
    private static final VarHandle LONG = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long NS_PER_PASS = 1_000;
    private static final long LOW = 0xffff_ffffL;

    // Longs of a record, and which of them holds what.
    private static final int WORD = StatusWordLayout.SIZE / Long.BYTES;
    private static final int GTID = StatusWordLayout.GTID / Long.BYTES;
    private static final int SLOT = TransactionLayout.SIZE / Long.BYTES;
    private static final int SLOT_STATE = TransactionLayout.STATE / Long.BYTES;
    private static final int SLOT_BARRIER = TransactionLayout.TASK_BARRIER / Long.BYTES;
    private static final int SLOT_GTID = TransactionLayout.GTID / Long.BYTES;
    private static final int SLOT_COMMIT_TIME = TransactionLayout.COMMIT_TIME / Long.BYTES;
    private static final int SLOT_CPU_SEQNUM = TransactionLayout.CPU_SEQNUM / Long.BYTES;
    private static final int SLOT_GENERATION = TransactionLayout.SYNC_GROUP_OWNER / Long.BYTES;

    /** What the flags of a task say that can be run. */
    private static final int CAN_RUN = FLAG_ALLOCATED | FLAG_IN_USE | FLAG_RUNNABLE;

    private final int id;
    private final CpuSet cpus;
    private final int maxTasks;
    private final NullWorkload workload;
    private final long[] words;
    private final long[] slots;
    private final StatusWords statusWords;
    private final TransactionTable transactions;
    private final MessageRing[] queues;
    private final @Nullable AgentPass[] passes = new AgentPass[CpuSet.MAX_CPUS];
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
        words = new long[count * WORD];
        statusWords = new StatusWords(MemorySegment.ofArray(words));
        slots = new long[(cpus.last() + 1) * SLOT];
        transactions = new TransactionTable(MemorySegment.ofArray(slots));
        cpus.forEach(transactions::reset);
        queues = new MessageRing[cpus.size()];
        generations = new int[maxTasks];
    }

    void pass(int cpu) {
        AgentPass pass = passes[cpu];
        if (pass == null) {
            throw new IllegalArgumentException("CPU " + cpu + " has no agent");
        }
        nowNs += NS_PER_PASS;
        pass.decide(true);
        workload.decided(this);
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
        words[task * WORD + GTID] = Gtid.of(task + 1, generations[task]);
        words[task * WORD + StatusWordLayout.ENCLAVE / Long.BYTES] = (long) CpuSet.NO_CPU << Integer.SIZE;
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
        queues[0].put(type, 0, barrier(agentWord(cpu)), 0, cpu, -1, 0, 0, 0, 0, 0, nowNs);
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
        long edge = cpu < 0 ? 0 : ++cpuSeqnums[cpu];
        resync |= !queues[0].put(type, flags, barrier, words[task * WORD + GTID], cpu, task, 0, edge, 0, 0, 0, nowNs);
    }

    // ---- commits

    @Override
    public void commit(int agentCpu, CpuSet which) {
        for (int group = 0; group < CpuSet.WORDS; group++) {
            for (long left = which.word(group); left != 0; left &= left - 1) {
                commit(agentCpu, group * Long.SIZE + Long.numberOfTrailingZeros(left));
            }
        }
    }

    private void commit(int agentCpu, int cpu) {
        int slot = cpu * SLOT;
        long ready = slots[slot + SLOT_STATE];
        if ((int) ready != TransactionLayout.STATE_READY
                || !LONG.compareAndSet(slots, slot + SLOT_STATE, ready, (ready & ~LOW) | agentCpu)) {
            return;
        }
        long gtid = slots[slot + SLOT_GTID];
        TransactionState state = isSound(cpu, slot, gtid) ? TransactionState.COMPLETE : validate(cpu);
        if (state == TransactionState.COMPLETE) {
            decisions++;
            slots[slot + SLOT_COMMIT_TIME] = nowNs;
            slots[slot + SLOT_CPU_SEQNUM] = ++cpuSeqnums[cpu];
            if (gtid > 0) {
                ran[committed] = task(gtid);
                ranOn[committed++] = cpu;
            }
        } else {
            failures++;
        }
        LONG.setRelease(slots, slot + SLOT_STATE, (ready & ~LOW) | (state.code() & LOW));
    }

    /** All checks of {@link #validate} for what is usual: whether none of them fails. */
    private boolean isSound(int cpu, int slot, long gtid) {
        int task = task(gtid);
        if (gtid <= 0 || task >= maxTasks) {
            return false;
        }
        long word = words[task * WORD];
        return slots[slot] == (long) cpu << Integer.SIZE
                && slots[slot + SLOT_BARRIER] == ((word & LOW) | (long) COMMIT_AT_TXN_COMMIT << Integer.SIZE)
                && (int) (slots[slot + SLOT_GENERATION] >>> Integer.SIZE) == generation
                && words[task * WORD + GTID] == gtid
                && (int) (word >>> Integer.SIZE) == CAN_RUN
                && passes[cpu] != null
                && (int) (words[agentWord(cpu) * WORD] >>> Integer.SIZE) == agentFlags(true);
    }

    private TransactionState validate(int cpu) {
        if (transactions.version(cpu) != TransactionLayout.VERSION_NUMBER) {
            return TransactionState.UNSUPPORTED_VERSION;
        }
        if (transactions.cpu(cpu) != cpu) {
            return TransactionState.INVALID_CPU;
        }
        long gtid = transactions.gtid(cpu);
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

    private static int task(long gtid) {
        return Gtid.pid(gtid) - 1;
    }

    private void clear(int word) {
        Arrays.fill(words, word * WORD, (word + 1) * WORD, 0);
    }

    private void flags(int word, int flags) {
        LONG.setRelease(words, word * WORD, (words[word * WORD] & LOW) | (long) flags << Integer.SIZE);
    }

    /** Counts the barrier up; the new one. */
    private int barrier(int word) {
        long before = words[word * WORD];
        int barrier = (int) before + 1;
        LONG.setRelease(words, word * WORD, (before & ~LOW) | (barrier & LOW));
        return barrier;
    }

    @Override
    public int freeStatusWord(int index) {
        if ((statusWords.flags(index) & FLAG_CAN_FREE) == 0) {
            return -Errno.EINVAL.number();
        }
        flags(index, 0);
        words[index * WORD + GTID] = 0;
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
    public int drain(int queue, MessageHandler handler, int limit) {
        return queues[queue].drain(handler, limit);
    }

    @Override
    public int depth(int queue) {
        return queues[queue].depth();
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
    public void setGeneration(int value) {
        generation = value;
    }

    @Override
    public void enter(long tid) {
        enters((int) tid);
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
}
