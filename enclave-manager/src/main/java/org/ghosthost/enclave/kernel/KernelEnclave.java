package org.ghosthost.enclave.kernel;

import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * An enclave as the kernel side has it: CPUs, tasks, queues, status words, transactions, agents. Outlives every
 * policy. Thread rules: agents of different CPUs may call at the same time what a pass needs ({@link #drain},
 * {@link #takeResync}, {@link #commit}, {@link #commitSyncGroup}, {@link #associate}, {@link #ping}, {@link #affinity},
 * {@link #prioTable}, {@link #armTimer}, {@link #freeStatusWord}) and, where a generation takes over,
 * {@link #setGeneration}, {@link #configWakeup}, {@link #associateAgent}; everything else is a control operation,
 * called inside of {@link KernelBackend#execute}. The getters may be called by any thread.
 */
public interface KernelEnclave {
    /** Result of {@link #associate}: the queue was the task's already (a bit). */
    int ALREADY = 1;
    /** Result of {@link #associate}: the task's NEW is still to come (a bit). */
    int BRAND_NEW = 2;

    /** 1 to 65535. */
    int id();

    /** A copy of the CPUs. */
    CpuSet cpus();

    /**
     * Adds and removes CPUs so that the enclave has exactly these.
     *
     * @throws KernelException EBUSY (in another enclave), EEXIST (a removed CPU has an agent), ENODEV, EXDEV (dying)
     */
    void setCpus(CpuSet cpus) throws KernelException;

    /** All status words, of tasks and of agents. */
    StatusWords statusWords();

    /** The transaction slots, by CPU number. */
    TransactionTable transactions();

    // ---- queues

    /**
     * Makes a queue.
     *
     * @param elements 1 to 65536, a power of two
     * @return its number, from 0
     * @throws KernelException EINVAL, ENOMEM
     */
    int createQueue(int elements) throws KernelException;

    /** Tasks that enter from now on send to this queue; -1 = to none. EINVAL for a queue that is not there. */
    void setDefaultQueue(int queue) throws KernelException;

    /**
     * A message in the queue raises the barrier of the agent of {@code cpu} and wakes it. With -1 nobody is woken:
     * the queue is polled by the agent that spins.
     */
    void configWakeup(int queue, int cpu) throws KernelException;

    /**
     * Takes messages out of a queue and shows them one by one, each under the same view object.
     *
     * @param limit at most this many
     * @return how many there were
     */
    int drain(int queue, MessageHandler handler, int limit);

    /** Number of messages that wait in the queue. */
    int depth(int queue);

    /**
     * From now on the task sends to this queue.
     *
     * @return bits {@link #ALREADY}, {@link #BRAND_NEW}; or {@code -errno}: ENOENT (no such task), ESTALE (the barrier
     *     differs: unread messages are on their way), EBADF (no such queue)
     */
    int associate(long gtid, int queue, int barrier);

    /** As {@link #associate}, for the messages about the agent's CPU. */
    int associateAgent(int cpu, int queue, int barrier);

    /** Whether a queue overflowed since the last call: status words must be read again. Clears the mark. */
    boolean takeResync();

    // ---- agents

    /**
     * Gives {@code cpu} an agent. The backend calls {@code pass} from now on, on one thread at a time, whenever the
     * agent has something to do.
     *
     * @param queue queue for messages about the CPU; -1 = the default queue
     * @return index of the agent's status word
     * @throws KernelException EBUSY (the CPU has one), ENODEV (CPU not of the enclave), ENXIO (no default queue),
     *     EXDEV (dying), ENOMEM (no status word)
     */
    int attachAgent(int cpu, int queue, AgentPass pass) throws KernelException;

    /**
     * Ends the agent of {@code cpu}: its latch is cancelled, pending transactions get NO_AGENT, its status word is
     * free.
     */
    void detachAgent(int cpu) throws KernelException;

    /** Raises the barrier of the agent of {@code cpu} and runs it. False if there is none. */
    boolean ping(int cpu);

    // ---- transactions

    /**
     * Commits the READY slots in {@code slots}, the own CPU last; results are in the slots. Greedy and at-schedule
     * ones may be decided later. Failure of a remote one poisons the own, so that the agent gets control back.
     */
    void commit(int agentCpu, CpuSet slots);

    /** Commits all of the slots, or none. */
    boolean commitSyncGroup(int agentCpu, CpuSet slots);

    /**
     * Commits with another generation number than this get AGENT_STALE from now on. Tells the backend that another
     * policy leads, which has a price on the simulated machine.
     */
    void setGeneration(int generation);

    // ---- tasks

    /**
     * Brings a thread into the enclave; fine if it is in it already.
     *
     * @param tid a thread id, or a gtid
     * @throws KernelException ESRCH, EINVAL, EPERM, EXDEV, ENOMEM (no status word), EBUSY (in another enclave)
     */
    void enter(long tid) throws KernelException;

    /** Gives a thread back to the default scheduler. ESRCH if it is not in the enclave. */
    void leave(long tid) throws KernelException;

    /** The gtid of a living thread in the enclave; 0 if there is none with this number. Any thread. */
    default long gtid(int tid) {
        StatusWords words = statusWords();
        for (int word = 0; word < words.capacity(); word++) {
            if (words.isTask(word) && Gtid.pid(words.gtid(word)) == tid) {
                return words.gtid(word);
            }
        }
        return 0;
    }

    /** Number of living tasks in the enclave, agents not counted. */
    int taskCount();

    /** Name of a task for people; its gtid when it is not known. */
    String taskName(long gtid);

    /** Copies the allowed CPUs of a task; false if it is gone. */
    boolean affinity(long gtid, CpuSet into);

    /** The PrioTable of a process, or null. */
    @Nullable PrioTable prioTable(int tgid);

    /** Frees the status word of a task that died or departed. 0, or {@code -errno}: ENOENT, EINVAL, EALREADY. */
    int freeStatusWord(int index);

    /** Asks for a TIMER_EXPIRED message at {@code atNs} in the queue of the agent of {@code cpu}. 0 or -EINVAL. */
    int armTimer(int cpu, long atNs, long type, long cookie);

    // ---- the rest

    /** Value of a tunable. */
    long tunable(Tunable tunable);

    /** Sets a tunable. EINVAL if the value is out of range; ENOTSUP if the backend has not got it. */
    void setTunable(Tunable tunable, long value) throws KernelException;

    /**
     * Who decides. ENOTSUP if the backend cannot.
     *
     * @param sliceNs longest turn of a task in the modes in which the backend decides, ns; 0 = as the backend likes
     */
    void setMode(EnclaveMode mode, long sliceNs) throws KernelException;

    /** Who decides now. */
    EnclaveMode mode();

    /** A running total. */
    long count(Counter counter);

    /** Whom to tell when the enclave is destroyed from below (watchdog, lost attachment). */
    void onDestroyed(DestroyListener listener);

    /** Whether it is still there. */
    boolean alive();

    /** Gives all tasks back to the default scheduler and the CPUs back to the system. Idempotent. */
    void destroy();

    /** Shown the messages of a queue. */
    interface MessageHandler {
        /** The message is valid during the call. */
        void message(org.ghosthost.policy.Message message);
    }

    /** Told why the enclave is gone. */
    interface DestroyListener {
        /** One sentence. */
        void destroyed(String reason);
    }

    /** What the kernel side counts. */
    enum Counter {
        /** Messages produced. */
        MESSAGES,
        /** Messages that did not fit into their queue. */
        OVERFLOWS,
        /** Times that status words had to be read again. */
        RESYNCS,
        /** Tasks whose state could not be recovered; must be 0. */
        LOST_TASKS,
        /** Transactions decided. */
        TRANSACTIONS,
        /** Tasks that entered. */
        ENTERED,
        /** Tasks that died. */
        DIED,
        /** Tasks that departed alive. */
        DEPARTED
    }
}
