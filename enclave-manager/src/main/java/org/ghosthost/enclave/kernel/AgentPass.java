package org.ghosthost.enclave.kernel;

/**
 * One agent's work, cut where time may pass: {@link #decide} reads the agent barrier, drains the queue and lets the
 * policy open transactions; {@link #commit} commits them, delivers outcomes and passes the safe point. The backend
 * calls the two in turn, on one thread at a time, then parks the agent as the remaining methods say. A real thread
 * calls them back to back; the simulated machine lets the virtual cost of deciding pass in between.
 */
public interface AgentPass {
    /**
     * Whether the next pass must not overlap in real time with a pass of another agent of the enclave, because somebody
     * follows, the leader failed, or status words must be read again. Any thread.
     */
    boolean mustBeAlone();

    /**
     * Barrier, messages, callbacks, schedule.
     *
     * @param alone whether no pass of another agent of the enclave runs at the same time as this one; must be true if
     *     {@link #mustBeAlone} was true after the last moment at which another pass or command could run
     */
    void decide(boolean alone);

    /** Messages handled in the last {@link #decide}, for the simulated cost. */
    int messages();

    /** Transactions opened in the last {@link #decide}, for the simulated cost. */
    int decisions();

    /** Commit, outcomes, safe point. */
    void commit();

    /**
     * What to wait for after the pass: {@code Policy.AGAIN}, {@code Policy.UNTIL_MESSAGE}, or a time in ns. Whatever it
     * is, the agent is called again if its barrier moved since {@link #barrier} was read. A time holds also when the
     * commit put a task on the agent's own CPU: the task then loses it at that time.
     */
    long waitUntilNs();

    /** The agent barrier that was read before the messages. */
    int barrier();

    /** Run flags for the wait: {@code RTLA_ON_IDLE} or 0. */
    int waitFlags();

    /** Whether the agent keeps its CPU while it waits (it polls its queues), or gives it up. */
    boolean spins();
}
