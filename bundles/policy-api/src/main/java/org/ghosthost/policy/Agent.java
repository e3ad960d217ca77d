package org.ghosthost.policy;

import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a policy can see and do during a pass. Belongs to the agent loop; valid on its thread, during callbacks, from
 * {@link Policy#attached} on. Decisions ({@code run}, {@code associate}, {@code send} and their like) are for the
 * policy that leads. No method allocates or blocks.
 */
@ProviderType
public interface Agent {
    /** Result of {@link #associate}: from now on the task's messages go to that CPU's agent. */
    int ASSOCIATED = 0;
    /** Result of {@link #associate}: they went there already. */
    int ALREADY = 1;
    /** Result of {@link #associate}: done, and the task's NEW is still to come. */
    int BRAND_NEW = 2;
    /** Result of {@link #associate}: refused, the task has unread messages; drain and try again. */
    int STALE = -1;
    /** Result of {@link #associate}: there is no such task any more. */
    int NOT_FOUND = -2;

    /** CPU that this agent is on. */
    int cpu();

    /** Time at the start of the pass, ns, monotonic; read once per pass. */
    long now();

    /** Whether another class waits for the agent's own CPU: decide quickly, hand the CPU over. */
    boolean boosted();

    /** CPUs of the enclave, read-only; the same object until they change. */
    CpuSet cpus();

    /** Whether no task of another class has or wants {@code cpu}. */
    boolean available(int cpu);

    /** Whether a transaction for {@code cpu} is on its way, without outcome yet. */
    boolean pending(int cpu);

    /** What the kernel side says of each task right now. */
    StatusWords statusWords();

    /** Bytes per task that outlive the policy. */
    PolicyMemory policyMemory();

    /**
     * Copies the CPUs that a task may use into {@code cpus}.
     *
     * @return false if the task is gone; {@code cpus} is then unchanged
     */
    boolean affinity(long gtid, CpuSet cpus);

    /** Runs the task on {@code cpu} with {@link TransactionFlags#COMMIT_AT_TXN_COMMIT}. */
    default void run(int cpu, long gtid, int taskBarrier) {
        run(cpu, gtid, taskBarrier, TransactionFlags.COMMIT_AT_TXN_COMMIT);
    }

    /** As the full form, without a slice. */
    default void run(int cpu, long gtid, int taskBarrier, int flags) {
        run(cpu, gtid, taskBarrier, flags, 0);
    }

    /**
     * Opens a transaction: run the task on {@code cpu}. At most one per CPU and pass; a second one replaces the
     * first, whose outcome is {@link TransactionState#ABORTED}.
     *
     * @param cpu CPU of the enclave
     * @param gtid a task, or {@link Gtid#NULL}, {@link Gtid#AGENT}, {@link Gtid#IDLE}
     * @param taskBarrier seqnum of the last message seen of that task; 0 for the special targets
     * @param flags {@link TransactionFlags}
     * @param sliceNs longest time on CPU, where the backend can; 0 = no limit
     * @throws IllegalArgumentException if the CPU is not of the enclave
     * @throws IllegalStateException if a transaction of that CPU is pending
     */
    void run(int cpu, long gtid, int taskBarrier, int flags, long sliceNs);

    /** Takes whatever task is on {@code cpu} off it. */
    default void unschedule(int cpu) {
        run(cpu, Gtid.NULL, 0, TransactionFlags.COMMIT_AT_TXN_COMMIT);
    }

    /** Wakes the agent of {@code cpu} for a pass. */
    void ping(int cpu);

    /**
     * Takes back a pending transaction.
     *
     * @return true if it was taken back: its outcome is then ABORTED; false if somebody was faster
     */
    boolean abort(int cpu);

    /** The transactions opened until {@link #endSyncGroup} succeed or fail together. */
    void beginSyncGroup();

    /** Ends the group. */
    void endSyncGroup();

    /**
     * From now on the task's messages go to the agent of {@code cpu}; order per task is kept.
     *
     * @param statusWord index of the task's status word
     * @param taskBarrier seqnum of the last message seen of that task
     * @return {@link #ASSOCIATED}, {@link #ALREADY}, {@link #BRAND_NEW}, {@link #STALE} or {@link #NOT_FOUND}
     */
    int associate(long gtid, int statusWord, int cpu, int taskBarrier);

    /**
     * Hands something to the agent of {@code cpu}, delivered there by {@link Policy#received}; wakes that agent.
     * Bounded; one ring for each pair of agents.
     *
     * @return false if the ring is full; try again in a later pass
     */
    boolean send(int cpu, long gtid, int statusWord, long word);

    /** {@link PolicyModel#GLOBAL} only: lets the agent of {@code cpu} be the global one after this pass. */
    void moveGlobalTo(int cpu);

    /** Asks for {@link Policy#timerExpired} on {@code cpu} at {@code atNs}; needs {@link Feature#TIMERS}. */
    void armTimer(int cpu, long atNs, long type, long cookie);

    /** The PrioTable of a process, or null if it has none. */
    @Nullable PrioTable prioTable(int tgid);

    /** Pseudo-random numbers from the generation's seed: the same seed, the same numbers. */
    int random(int bound);
}
