package org.ghosthost.enclave;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** One agent's hands: opens transactions, commits them together, keeps those whose outcome is still to come. */
final class PolicyAgent {
    // What is known of the transaction of a CPU.
    private static final byte FREE = 0;
    private static final byte OPENED = 1;
    private static final byte PENDING = 2;
    private static final byte FOREIGN = 3;

    private final Enclave enclave;
    private final Agents agents;
    private final Lead lead;
    private final Chronicle chronicle;
    private final KernelEnclave kernel;
    private final TransactionTable transactions;
    private final StatusWords statusWords;
    private final int cpu;
    private final int statusWord;

    // By CPU: one of the constants above, and the target of the last transaction.
    private final byte[] slots;
    private final long[] gtids;
    private final CpuSet opened = new CpuSet();
    private int openedCount;
    private int pendingCount;
    private final CpuSet grouped = new CpuSet();
    private final long[] states = new long[TransactionState.values().length];
    private CpuSet[] groups = {};
    private int groupCount;
    private boolean inGroup;
    private boolean failed;
    private int moveGlobalTo = CpuSet.NO_CPU;
    private long now;
    private int barrier;
    private int generation;

    PolicyAgent(Enclave enclave, KernelEnclave kernel, int cpu, int statusWord, int possibleCpus) {
        this.enclave = enclave;
        agents = enclave.agents();
        lead = enclave.lead();
        chronicle = enclave.chronicle();
        this.kernel = kernel;
        this.cpu = cpu;
        this.statusWord = statusWord;
        transactions = kernel.transactions();
        statusWords = kernel.statusWords();
        gtids = new long[possibleCpus];
        slots = new byte[possibleCpus];
        for (int at = 0; at < possibleCpus; at++) {
            slots[at] = enclave.cpuSet().contains(at) ? FREE : FOREIGN;
        }
    }

    // ---- the pass

    void beginPass(long now, int barrier) {
        this.now = now;
        this.barrier = barrier;
        if (groupCount > 0 || inGroup) {
            grouped.clear();
            groupCount = 0;
        }
        inGroup = false;
        failed = false;
        moveGlobalTo = CpuSet.NO_CPU;
    }

    /** Transactions of this pass are those of this generation. */
    void decideFor(int generation) {
        this.generation = generation;
    }

    int decisions() {
        return openedCount;
    }

    /** Where the lead of a global policy is to go after this pass; -1 = nowhere. */
    int moveGlobalTo() {
        return moveGlobalTo;
    }

    /** Commits what the pass has opened and tells what became of it. */
    void commit() {
        if (openedCount == 0) {
            return;
        }
        for (int group = 0; group < groupCount; group++) {
            commitGroup(groups[group]);
        }
        if (groupCount > 0) {
            opened.removeAll(grouped);
        }
        kernel.commit(cpu, opened);
        for (int group = 0; group < CpuSet.WORDS; group++) {
            for (long left = opened.word(group); left != 0; left &= left - 1) {
                collect(group * Long.SIZE + Long.numberOfTrailingZeros(left));
            }
        }
        opened.clear();
        openedCount = 0;
    }

    private void commitGroup(CpuSet group) {
        kernel.commitSyncGroup(cpu, group);
        for (int at = group.first(); at >= 0; at = group.next(at + 1)) {
            transactions.disown(at);
            collect(at);
        }
    }

    /** Tells the outcomes that have come since the last pass. */
    void collectPending() {
        for (int at = 0; pendingCount > 0 && at < slots.length; at++) {
            if (slots[at] == PENDING && TransactionState.isResult(transactions.state(at))) {
                collect(at);
            }
        }
    }

    /** Whether a decision of this pass has failed: the policy must look again. */
    boolean hasFailed() {
        return failed;
    }

    /**
     * Takes back what was opened or is pending: the policy that decided it is no longer in charge. What the kernel side
     * has claimed stays pending: its slot must not be used before its outcome is there.
     */
    void abandon() {
        for (int at = 0; openedCount + pendingCount > 0 && at < slots.length; at++) {
            if (slots[at] == OPENED) {
                transactions.abort(at);
                transactions.disown(at);
                slots[at] = FREE;
                openedCount--;
            } else if (slots[at] == PENDING && transactions.abort(at)) {
                slots[at] = FREE;
                pendingCount--;
            }
        }
        opened.clear();
        groupCount = 0;
        moveGlobalTo = CpuSet.NO_CPU;
    }

    /** Leaves its pending transactions to the agents that decide for their CPUs from now on; may be itself. */
    void handOverPending(IntFunction<PolicyAgent> decidesFor) {
        for (int at = 0; pendingCount > 0 && at < slots.length; at++) {
            PolicyAgent to = slots[at] == PENDING ? decidesFor.apply(at) : this;
            if (!to.equals(this)) {
                slots[at] = FREE;
                pendingCount--;
                to.gtids[at] = gtids[at];
                to.slots[at] = PENDING;
                to.pendingCount++;
            }
        }
    }

    /** How many transactions ended in this state. */
    long count(TransactionState state) {
        return states[index(state)];
    }

    private void collect(int at) {
        int code = transactions.state(at);
        boolean wasPending = slots[at] == PENDING;
        if (TransactionState.isResult(code)) {
            pendingCount -= wasPending ? 1 : 0;
            slots[at] = FREE;
            outcome(at, TransactionState.of(code));
        } else if (!wasPending) {
            slots[at] = PENDING;
            pendingCount++;
        }
    }

    private void outcome(int at, TransactionState state) {
        states[index(state)]++;
        failed |= !state.succeeded();
        chronicle.decided(at, gtids[at], state, generation, now);
        if (gtids[at] != Gtid.AGENT) {
            lead.committed(cpu, at, gtids[at], state);
        }
    }

    @SuppressWarnings("EnumOrdinal") // an array by state, on the hot path
    private static int index(TransactionState state) {
        return state.ordinal();
    }

    // ---- what a policy sees, by its GenerationAgent

    int cpu() {
        return cpu;
    }

    long now() {
        return now;
    }

    boolean boosted() {
        return (statusWords.flags(statusWord) & StatusWordLayout.FLAG_BOOSTED) != 0;
    }

    CpuSet cpus() {
        return enclave.cpuSet();
    }

    boolean available(int other) {
        int word = agents.statusWord(other);
        int flags = word < 0 ? 0 : (int) (statusWords.barrierAndFlags(word) >>> Integer.SIZE);
        return (flags & StatusWordLayout.FLAG_CPU_AVAILABLE) != 0;
    }

    boolean pending(int other) {
        return pendingCount > 0 && slots[other] == PENDING;
    }

    StatusWords statusWords() {
        return statusWords;
    }

    boolean affinity(long gtid, CpuSet cpus) {
        return kernel.affinity(gtid, cpus);
    }

    void run(int target, long gtid, int taskBarrier, int flags, long sliceNs) {
        if (target < 0 || target >= slots.length || slots[target] == FOREIGN) {
            throw new IllegalArgumentException("CPU " + target + " is not of the enclave: " + enclave.cpuSet());
        }
        if (slots[target] == PENDING) {
            throw new IllegalStateException("the transaction of CPU " + target + " is pending");
        }
        if (slots[target] == OPENED) {
            replace(target);
        }
        if (inGroup) {
            if (!transactions.own(target, cpu)) {
                gtids[target] = gtid;
                outcome(target, TransactionState.POISONED);
                return;
            }
            groups[groupCount].add(target);
            grouped.add(target);
        }
        gtids[target] = gtid;
        if (slots[target] == FREE) {
            slots[target] = OPENED;
            openedCount++;
            opened.add(target);
        }
        transactions.open(target, gtid, taskBarrier, barrier, flags, sliceNs, generation);
    }

    private void replace(int target) {
        if (grouped.contains(target)) {
            throw new IllegalStateException("CPU " + target + " is in a sync group of this pass already");
        }
        if (!transactions.abort(target)) {
            throw new IllegalStateException("the transaction of CPU " + target + " is being committed");
        }
        outcome(target, TransactionState.ABORTED);
    }

    void ping(int target) {
        kernel.ping(target);
    }

    boolean abort(int target) {
        if (target < 0 || target >= slots.length || slots[target] != PENDING || !transactions.abort(target)) {
            return false;
        }
        collect(target);
        return true;
    }

    void beginSyncGroup() {
        if (inGroup) {
            throw new IllegalStateException("a sync group is open already");
        }
        if (groupCount == groups.length) {
            groups = Arrays.copyOf(groups, groupCount + 1);
            groups[groupCount] = new CpuSet();
        }
        groups[groupCount].clear();
        inGroup = true;
    }

    void endSyncGroup() {
        if (!inGroup) {
            throw new IllegalStateException("no sync group is open");
        }
        inGroup = false;
        if (!groups[groupCount].isEmpty()) {
            groupCount++;
        }
    }

    int associate(long gtid, int word, int target, int taskBarrier) {
        int result = kernel.associate(gtid, agents.queue(target), taskBarrier);
        if (result >= 0) {
            lead.moved(word, target);
            return (result & KernelEnclave.BRAND_NEW) != 0 ? Agent.BRAND_NEW
                    : (result & KernelEnclave.ALREADY) != 0 ? Agent.ALREADY : Agent.ASSOCIATED;
        }
        return result == -Errno.ESTALE.number() ? Agent.STALE : Agent.NOT_FOUND;
    }

    boolean send(int target, long gtid, int word, long data) {
        return agents.loop(target).receive(cpu, gtid, word, data);
    }

    void moveGlobalTo(int target) {
        if (!enclave.cpuSet().contains(target)) {
            throw new IllegalArgumentException("CPU " + target + " is not of the enclave: " + enclave.cpuSet());
        }
        moveGlobalTo = target;
    }

    void armTimer(int target, long atNs, long type, long cookie) {
        int result = kernel.armTimer(target, atNs, type, cookie);
        if (result < 0) {
            throw new IllegalArgumentException("no timer for CPU " + target + ": errno " + -result);
        }
    }

    @Nullable PrioTable prioTable(int tgid) {
        return kernel.prioTable(tgid);
    }
}
