package org.ghosthost.policies.fifopercpu;

import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.PerCpuPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * First come, first served on each CPU, without slices. A task that was preempted, or woken by somebody who waits for
 * it, goes to the front.
 *
 * <p>No CPU stays idle while another one has tasks waiting. A CPU that goes idle asks each of the others for a task;
 * the answer is a task, at once or when there is one to spare, and the question stands until then. So a question is
 * asked again only after a task has come for it: balancing costs one letter for each task that moves.
 */
final class FifoPerCpuPolicy extends PerCpuPolicy<Task> {
    private static final long ASK = 1;
    private static final long RETRY_NS = 1_000;

    private final FifoQueue<Task> queue = new FifoQueue<>(tasks);
    private final CpuSet asked = new CpuSet();
    private final CpuSet asking = new CpuSet();
    private boolean isMailFull;

    FifoPerCpuPolicy(PolicyContext context) {
        super(context, Task::new);
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
    protected void told(int fromCpu, long word) {
        asking.add(fromCpu);
    }

    @Override
    protected void taken(int fromCpu) {
        asked.remove(fromCpu);
    }

    @Override
    protected void balance() {
        isMailFull = false;
        if (!isBusy() && queue.isEmpty()) {
            askAll();
        } else if (!asking.isEmpty()) {
            giveSpare();
        }
    }

    private void askAll() {
        CpuSet cpus = agent().cpus();
        for (int other = cpus.first(); other >= 0; other = cpus.next(other + 1)) {
            if (other != cpu && !asked.contains(other)) {
                if (tell(other, ASK)) {
                    asked.add(other);
                } else {
                    isMailFull = true;
                }
            }
        }
    }

    /** Tasks at the back wait longest, so they gain most. */
    private void giveSpare() {
        int kept = isBusy() ? 0 : 1;
        int to = asking.first();
        for (Task task = queue.last(); task != null && to >= 0 && queue.size() > kept; ) {
            Task before = queue.previous(task);
            if (give(task, to)) {
                asking.remove(to);
                to = asking.next(to + 1);
            }
            task = before;
        }
    }

    @Override
    protected long wakeAtNs() {
        return isMailFull ? nowNs() + RETRY_NS : UNTIL_MESSAGE;
    }
}
