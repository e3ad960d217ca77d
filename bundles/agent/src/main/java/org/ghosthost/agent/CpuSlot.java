package org.ghosthost.agent;

/** What a global policy knows of one CPU. Tasks are named by their status words: {@code -1} = none. */
final class CpuSlot {
    static final int NONE = -1;

    final int cpu;

    /** The task that runs there, or is latched to. */
    int current = NONE;
    /** The task for which a decision is open. */
    int opened = NONE;
    /** When {@link #current} was decided, ns. */
    long sinceNs;

    /** It is in the enclave, and tasks may run there. */
    boolean isMember;
    /** Its task handed it to others, who are not known. */
    boolean isChained;
    /** A decision for it was refused just now. */
    boolean isRefused;
    /** It is in the set of those that wait for a task. */
    boolean isFree;

    CpuSlot(int cpu) {
        this.cpu = cpu;
    }

    boolean isVacant() {
        return (current & opened) == NONE && isMember && !isFree && !isChained;
    }
}
