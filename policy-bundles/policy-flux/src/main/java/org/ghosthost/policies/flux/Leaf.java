package org.ghosthost.policies.flux;

import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.TaskMap;

/** A node that has tasks: first come, first served on the CPUs that it was granted (ghOSt's BIFF). */
final class Leaf extends SubScheduler {
    final FifoQueue<FluxTask> queue;
    /** Tasks of it that have a CPU, or a decision for one. */
    int placed;

    Leaf(String name, TaskMap<FluxTask> tasks) {
        super(name);
        queue = new FifoQueue<>(tasks);
    }

    /** CPUs that its tasks could use now. */
    int wish() {
        return queue.size() + placed;
    }

    /** It keeps the CPU; the policy puts a task there, or gives it back at the end of the pass. */
    @Override
    void pick(Tree tree, int cpu) {}
}
