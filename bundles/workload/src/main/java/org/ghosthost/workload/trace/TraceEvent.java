package org.ghosthost.workload.trace;

/** One scheduling event of a trace; reused for the next line. */
final class TraceEvent {

    /** What happened. */
    enum Kind { SWITCH, WAKING, WAKEUP, WAKEUP_NEW, FORK, EXIT }

    /** The task that left a CPU, was woken, was forked, or exits. */
    static final class Task {
        int pid;
        int prio;
        String comm = "";
    }

    Kind kind = Kind.SWITCH;
    long line;
    long timeNs;
    int cpu;

    /** Pid of the task that was on the CPU: the waker, the parent. */
    int currentPid;

    /** Whether the event was recorded in an interrupt, so that the task on the CPU has nothing to do with it. */
    boolean inInterrupt;

    /** The task that left the CPU, was woken, was forked, or exits. */
    final Task task = new Task();

    /** State of the task that left the CPU, by its first letter. */
    char state;

    /** The task that got the CPU. */
    final Task next = new Task();
}
