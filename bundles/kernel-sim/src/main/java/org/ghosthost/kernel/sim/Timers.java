package org.ghosthost.kernel.sim;

/** Timers of agents: at their time, a message in the queue of the agent of their CPU. */
final class Timers {
    private static final int MAX_TIMERS = 65_536;

    private final Machine m;
    private int armed;

    Timers(Machine machine) {
        m = machine;
    }

    /** False if there are too many. */
    boolean arm(Cpu c, long atNs, long type, long cookie) {
        if (armed == MAX_TIMERS) {
            return false;
        }
        armed++;
        m.calls.at(Math.max(atNs, m.now), () -> {
            armed--;
            m.here = c.id;
            m.messages.cpuTimerExpired(c, type, cookie);
        });
        return true;
    }
}
