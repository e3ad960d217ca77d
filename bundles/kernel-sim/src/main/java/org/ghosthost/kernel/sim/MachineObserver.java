package org.ghosthost.kernel.sim;

import org.ghosthost.workload.SchedulingClass;

/**
 * Told what happens on the machine, in the order in which it happens. Called on the machine's thread, in virtual time
 * that stands still; must not call the machine, and must not allocate where it cares for speed. What it does has no
 * influence on the run. Times are ns of the machine's clock; tasks are the dense ids of {@code TaskContext.id()}.
 */
public interface MachineObserver {
    /** The task waits for something: {@link #offCpu}. */
    int BLOCKED = 0;
    /** The task gave way: {@link #offCpu}. */
    int YIELDED = 1;
    /** The task was put off its CPU: {@link #offCpu}. */
    int PREEMPTED = 2;
    /** The task handed its CPU to another one and waits: {@link #offCpu}. */
    int SWITCHED_TO = 3;
    /** The task ended: {@link #offCpu}. */
    int EXITED = 4;

    /** A process exists from now on; its tasks follow. */
    default void processCreated(int tgid, String name, long now) {}

    /** A task exists from now on; it is not runnable yet. */
    default void taskCreated(int task, long gtid, int tgid, String name, long now) {}

    /** A task has ended. */
    default void taskExited(int task, long now) {}

    /** A task has another scheduling class or enclave from now on; {@code enclave} is 0 for none. */
    default void classChanged(int task, SchedulingClass schedulingClass, int enclave, long now) {}

    /** A task became runnable: it started, its sleep ended, or somebody woke it. */
    default void wakeup(int task, int wakerCpu, long now) {}

    /** A task got a CPU. */
    default void onCpu(int task, int cpu, long now) {}

    /** A task lost its CPU; {@code reason} is one of this interface's constants. */
    default void offCpu(int task, int cpu, int reason, long now) {}

    /** A task got another CPU than the one before; told before {@link #onCpu}. */
    default void migrated(int task, int fromCpu, int toCpu, long now) {}

    /** The agent of a CPU got it, to do a pass or to wait spinning. */
    default void agentOnCpu(int enclave, int cpu, long now) {}

    /** The agent of a CPU gave it up. */
    default void agentOffCpu(int enclave, int cpu, long now) {}

    /** An agent's pass: messages and transactions of it, and the time that it takes from now on. */
    default void agentPass(int enclave, int cpu, int messages, int decisions, long costNs, long now) {}

    /**
     * A message was put into a queue, or did not fit into it.
     *
     * @param type a number of {@code MessageType}
     * @param task the task, or -1 in CPU messages
     */
    default void message(int enclave, int queue, int type, int task, int cpu, int seqnum, boolean fitted, long now) {}

    /**
     * A transaction was decided.
     *
     * @param task the target, or -1 if the target is none of the machine's tasks
     * @param state a code of {@code TransactionState}
     */
    default void transaction(int enclave, int cpu, int task, long gtid, int state, long now) {}

    /** A task announced a unit of work; {@code releasedNs} may be in the past or the future. */
    default void jobStart(int task, long releasedNs, long deadlineNs, long now) {}

    /**
     * A unit of work ended.
     *
     * @param missed whether the deadline had passed
     */
    default void jobEnd(int task, long releasedNs, long deadlineNs, boolean missed, long now) {}

    /** Another policy leads an enclave. */
    default void generation(int enclave, int generation, long now) {}

    /** An enclave exists from now on. */
    default void enclaveCreated(int enclave, long now) {}

    /** An enclave is gone. */
    default void enclaveDestroyed(int enclave, String reason, long now) {}
}
