package org.ghosthost.policy;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides which task runs where. Messages come in as callbacks, {@link #schedule} turns what the policy knows into
 * transactions, {@link #committed} tells what became of each.
 *
 * <p>One instance is used by one agent at a time and needs no locks: a {@link PolicyModel#GLOBAL} policy has one
 * instance, a {@link PolicyModel#PER_CPU} policy one for each CPU, touched by that CPU's agent alone. What concerns
 * another CPU is sent to its agent ({@link Agent#send}).
 *
 * <p>A policy never blocks, starts no thread, reads no clock but {@link Agent#now()} and keeps no static mutable
 * state. An exception from any method puts the policy out; the enclave goes on under its last good one.
 *
 * <p>All callbacks do nothing by default, so that a message added later does not break an older policy. The
 * {@link Message} is valid during the callback only.
 */
@ConsumerType
public interface Policy {
    /** Returned by {@link #schedule}: call again at once. */
    long AGAIN = Long.MIN_VALUE;
    /** Returned by {@link #schedule}: nothing to do until a message comes. */
    long UNTIL_MESSAGE = Long.MAX_VALUE;

    /**
     * Asked once, before {@link #attached}, of a policy whose model is {@link PolicyModel#IN_KERNEL}: how the backend
     * is to schedule while this policy leads. Such a policy hears of tasks late, and decides nothing.
     *
     * @return null in every other policy
     */
    default @Nullable InKernel inKernel() {
        return null;
    }

    /**
     * A task is in the enclave. Also used to show a task again, known or not, with its present state: on discovery
     * (attach, handoff) and after a queue overflowed. Runnable only if {@link Message#runnable()}; a task that is
     * {@link Message#onCpu()} must not be run before a message says that it left its CPU.
     */
    default void taskNew(Message message) {}

    /** A blocked task became runnable. */
    default void taskWakeup(Message message) {}

    /** A task has left its CPU and sleeps. */
    default void taskBlocked(Message message) {}

    /** A runnable task lost its CPU, or its latch ({@link Message#wasLatched()}). */
    default void taskPreempted(Message message) {}

    /** A task called sched_yield and left its CPU; it stays runnable. */
    default void taskYield(Message message) {}

    /** A task exited; its status word is freed after this callback. */
    default void taskDead(Message message) {}

    /** A task left the enclave alive; its status word is freed after this callback. */
    default void taskDeparted(Message message) {}

    /** A task handed its CPU to another one without asking; treat it as blocked and the CPU as still busy. */
    default void taskSwitchto(Message message) {}

    /** The CPUs that a task may use changed; see {@link Agent#affinity}. */
    default void taskAffinityChanged(Message message) {}

    /** The nice value of a task changed. */
    default void taskPriorityChanged(Message message) {}

    /** A task is on its CPU (only if the transaction asked for it). */
    default void taskOnCpu(Message message) {}

    /** A latched decision is void; the task must be placed again. */
    default void taskLatchFailure(Message message) {}

    /** Timer tick on a CPU (tunable {@code deliver_ticks}). */
    default void cpuTick(Message message) {}

    /** A CPU that was kept idle runs another class. */
    default void cpuNotIdle(Message message) {}

    /** A timer armed by {@link Agent#armTimer} expired. */
    default void timerExpired(Message message) {}

    /** A CPU became free of other classes (tunable {@code deliver_cpu_availability}). */
    default void cpuAvailable(Message message) {}

    /** Another class took a CPU (tunable {@code deliver_cpu_availability}). */
    default void cpuBusy(Message message) {}

    /** An agent blocked in the kernel (tunable {@code deliver_agent_runnability}). */
    default void agentBlocked(Message message) {}

    /** An agent woke from a real block (tunable {@code deliver_agent_runnability}). */
    default void agentWakeup(Message message) {}

    /**
     * Another agent of this policy sent something ({@link Agent#send}). Delivered before the messages of the queue.
     * A task handed over may have messages that were dropped meanwhile: its status word says the present state.
     */
    default void received(int fromCpu, long gtid, int statusWord, long word) {}

    /**
     * Called once, before everything else: the agent whose loop calls this policy. It may be kept. Until
     * {@link #lead} it answers questions (status words, PrioTables, policy memory) but takes no decision.
     */
    default void attached(Agent agent) {}

    /**
     * Discovery is over: every task of the enclave has been shown by {@link #taskNew} since the policy was attached,
     * or since a queue overflowed. A task known before whose status word is no longer its own is gone, even if nothing
     * said so.
     */
    default void discoveryComplete() {}

    /**
     * From now on this policy decides; before, it followed. Called before its first {@link #schedule}, and again if it
     * lost the lead and gets it back; outcomes that were due when it lost the lead are then not told any more.
     */
    default void lead(Agent agent) {}

    /**
     * One bounded pass: opens transactions by {@link Agent#run} and its like. The loop commits them together when
     * this returns.
     *
     * @return {@link #AGAIN}, {@link #UNTIL_MESSAGE}, or a time in ns of {@link Agent#now()}: call again when a
     *     message comes, at the latest then
     */
    long schedule(Agent agent);

    /**
     * The one outcome of a transaction. For a remote commit inside of the pass it comes right after
     * {@link #schedule}; for a commit on the agent's own CPU, a greedy or an at-schedule one later, but before any
     * later message of that task, and before it is shown again by {@link #taskNew}. A failure is an event like a
     * message: {@link #schedule} is called again, whatever it returned last.
     */
    default void committed(int cpu, long gtid, TransactionState state) {}

    /**
     * Writes what a successor of the same policy may want to know, at most {@code out.remaining()} bytes.
     *
     * @return version of the format, &gt; 0; 0 if there is nothing to say
     */
    default int exportState(ByteBuffer out) {
        return 0;
    }

    /** Reads what a predecessor of the same name exported; an unknown version is ignored. Discovery always suffices. */
    default void importState(ByteBuffer in, int version) {}

    /** Appends a dump for people: run queues, what is where. Not on the hot path. */
    default void dump(StringBuilder out) {}
}
