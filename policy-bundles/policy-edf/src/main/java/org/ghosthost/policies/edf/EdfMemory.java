package org.ghosthost.policies.edf;

import org.ghosthost.policy.PolicyMemory;

/**
 * What a successor finds of each task.
 *
 * <pre>
 *  word 0: CPU time used for the present piece of work, ns
 *  word 1: CPU time that it is expected to take in all, ns; 0 = nothing was kept for this task
 *  word 2: its deadline, ns
 *  word 3: QoS of its task, for people
 * </pre>
 */
final class EdfMemory {
    static final int VERSION = 1;

    private static final int ELAPSED = 0;
    private static final int ESTIMATED = 1;
    private static final int DEADLINE = 2;
    private static final int QOS = 3;

    private final PolicyMemory memory;
    private final boolean inherited;

    EdfMemory(PolicyMemory memory, int inheritedVersion) {
        this.memory = memory;
        inherited = inheritedVersion == VERSION;
    }

    void keep(EdfTask task) {
        int word = task.statusWord();
        memory.set(word, ELAPSED, task.elapsedNs);
        memory.set(word, ESTIMATED, task.estimatedNs);
        memory.set(word, DEADLINE, task.deadlineNs);
        memory.set(word, QOS, task.qos());
    }

    /** Gives the task what a predecessor kept for it, if it did. */
    void restore(EdfTask task) {
        int word = task.statusWord();
        if (inherited && memory.get(word, ESTIMATED) > 0) {
            task.elapsedNs = Math.max(0, memory.get(word, ELAPSED));
            task.estimatedNs = memory.get(word, ESTIMATED);
            task.deadlineNs = memory.get(word, DEADLINE);
            task.isRestored = true;
        }
    }
}
