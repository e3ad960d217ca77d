package org.ghosthost.enclave;

import java.util.Set;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.PerCpuPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.jspecify.annotations.Nullable;

/**
 * The policy that every enclave starts with and falls back to: on each CPU, first come, first served. Per CPU, because
 * an enclave of one CPU has none to spare for a global agent.
 */
final class BuiltInFifo implements PolicyFactory {
    static final PolicyRelease RELEASE = new PolicyRelease("built-in-fifo", new PolicyVersion(1, 0, 0, ""),
            PolicyModel.PER_CPU, Set.of(), new BuiltInFifo(), "built in");

    @Override
    public Policy create(PolicyContext context) {
        return new Fifo(context);
    }

    private static final class Fifo extends PerCpuPolicy<Task> {
        private final FifoQueue<Task> queue = new FifoQueue<>(tasks);

        Fifo(PolicyContext context) {
            super(context, Task::new);
        }

        @Override
        protected void enqueue(Task task) {
            queue.addLast(task); // also a boosted one: nobody may starve under the last resort
        }

        @Override
        protected void dequeue(Task task) {
            queue.remove(task);
        }

        @Override
        protected @Nullable Task first() {
            return queue.first();
        }
    }
}
