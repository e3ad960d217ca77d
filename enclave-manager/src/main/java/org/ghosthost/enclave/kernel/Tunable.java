package org.ghosthost.enclave.kernel;

import java.util.Locale;

/** What can be tuned in the kernel side of an enclave, with the names of ghOSt's files. 0 or 1 where not said. */
public enum Tunable {
    /** Each tick commits the greedy transactions. */
    COMMIT_AT_TICK,
    /** AGENT_BLOCKED and AGENT_WAKEUP messages. */
    DELIVER_AGENT_RUNNABILITY,
    /** CPU_AVAILABLE and CPU_BUSY messages. */
    DELIVER_CPU_AVAILABILITY,
    /** CPU_TICK messages. */
    DELIVER_TICKS,
    /** Agents may do what could block them. */
    LIVE_DANGEROUSLY,
    /** Milliseconds that a runnable task may wait before the enclave is destroyed; 0 = for ever. */
    RUNNABLE_TIMEOUT,
    /** Switchto falls back to block and wake. */
    SWITCHTO_DISABLED,
    /** A woken task is put on its waker's CPU. */
    WAKE_ON_WAKER_CPU;

    /** The name of the file in ghOSt, which is the name here too. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
