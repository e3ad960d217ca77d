package org.ghosthost.policies.fifopercpu;

import org.ghosthost.agent.BalancedPolicy;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.Task;
import org.ghosthost.policy.PolicyContext;
import org.jspecify.annotations.Nullable;

/**
 * First come, first served on each CPU, without slices. A task that was preempted, or woken by somebody who waits for
 * it, goes to the front. No CPU stays idle while another one has tasks waiting.
 */
final class FifoPerCpuPolicy extends BalancedPolicy<Task> {
    private final FifoQueue<Task> queue = new FifoQueue<>(tasks);

    FifoPerCpuPolicy(PolicyContext context) {
        super(context, Task::new, UNTIL_MESSAGE);
    }

    @Override
    protected void enqueue(Task task) {
        queue.add(task);
    }

    @Override
    protected void dequeue(Task task) {
        queue.remove(task);
    }

    @Override
    protected @Nullable Task first() {
        return queue.first();
    }

    @Override
    protected int waiting() {
        return queue.size();
    }

    /** Tasks at the back wait longest, so they gain most. */
    @Override
    protected @Nullable Task last() {
        return queue.last();
    }

    @Override
    protected @Nullable Task previous(Task task) {
        return queue.previous(task);
    }
}
