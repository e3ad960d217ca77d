package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.AgentPass;
import org.jspecify.annotations.Nullable;

/** The agent of one CPU: where it is in its pass, and what it waits for. */
final class Agent {
    /** To begin a pass. */
    static final int START = 0;
    /** In the middle of a pass: decided, not yet committed. */
    static final int DECIDED = 1;
    /** Committed, but the time of the pass is not over. */
    static final int ENDED = 3;
    /** Keeps its CPU, until something comes. */
    static final int SPINNING = 2;

    final Cpu cpu;
    final SimEnclave enclave;
    final AgentPass pass;

    /** Its thread: carries the gtid and the status word. */
    final Task thread;

    SimQueue queue;
    int phase = START;

    /** In RUN, or in a commit on its own CPU: to be woken by the kernel side. */
    boolean blockedInRun;
    /** Has a reason to leave RUN. */
    boolean shouldWake;
    /** Blocked for real; cannot be woken by messages. */
    boolean stalled;
    /** Inside of {@link AgentPass#commit}. */
    boolean committing;
    /** No longer the agent of its CPU. */
    boolean detached;
    /** It got its CPU and has not begun a pass since. */
    boolean switchedIn;

    /** What the enclave's count of polled messages was when the pass began. */
    long polledSeen;
    /** Deaf until then, since its last pass takes that long. */
    long busyUntil;
    /** What is left of the pass, while another class has the CPU. */
    long passLeftNs;
    /** Which agents spin: a list per enclave. */
    @Nullable Agent nextSpinner;

    boolean boosted;
    /** Remote transactions of the pass: sets the price at their targets. */
    int remoteCommits;

    Agent(Cpu cpu, SimEnclave enclave, AgentPass pass, Task thread, SimQueue queue) {
        this.cpu = cpu;
        this.enclave = enclave;
        this.pass = pass;
        this.thread = thread;
        this.queue = queue;
    }
}
