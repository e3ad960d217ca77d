package org.ghosthost.agent;

/** What a global policy knows of one CPU. Tasks are named by their status words: {@code -1} = none. */
final class CpuSlot {
    static final int NONE = -1;

    /** It is in the enclave, and tasks may run there. */
    static final int MEMBER = 1;
    /** Its task handed it to others, who are not known. */
    static final int CHAINED = 1 << 1;
    /** It is in the set of those that wait for a task. */
    static final int FREE = 1 << 2;
    /** A decision for it was refused just now. */
    static final int REFUSED = 1 << 3;

    final int cpu;

    /** The task that runs there, or is latched to. */
    int current = NONE;
    /** The task for which a decision is open. */
    int opened = NONE;
    /** When {@link #current} was decided, ns. */
    long sinceNs;
    /** The bits above. */
    int flags;

    CpuSlot(int cpu) {
        this.cpu = cpu;
    }

    boolean is(int flag) {
        return (flags & flag) != 0;
    }

    void set(int flag, boolean on) {
        flags = on ? flags | flag : flags & ~flag;
    }

    /** Whether a task could be put there, and it is not in the set of such CPUs yet. */
    boolean isVacant() {
        return (current & opened) == NONE && (flags & (MEMBER | CHAINED | FREE)) == MEMBER;
    }
}
