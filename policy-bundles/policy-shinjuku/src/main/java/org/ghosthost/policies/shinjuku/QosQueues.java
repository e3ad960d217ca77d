package org.ghosthost.policies.shinjuku;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.TaskMap;
import org.jspecify.annotations.Nullable;

/**
 * A queue for each quality of service; the highest that has a task goes first. An application may name any number, so
 * the queues are bounded: when there are too many, a new QoS shares the queue of the next lower one.
 */
final class QosQueues {
    /** Most different values that are told apart. */
    static final int MAX_QUEUES = 64;

    private final TaskMap<ShinjukuTask> tasks;
    // From the highest QoS down; a task knows its queue by the place in all, which does not change.
    private final int[] qos = new int[MAX_QUEUES];
    private final int[] order = new int[MAX_QUEUES];
    private final List<FifoQueue<ShinjukuTask>> all = new ArrayList<>(MAX_QUEUES);
    private int size;

    QosQueues(TaskMap<ShinjukuTask> tasks) {
        this.tasks = tasks;
    }

    void add(ShinjukuTask task) {
        int number = order[place(task.qos())];
        all.get(number).add(task);
        task.queuedIn = number;
    }

    void remove(ShinjukuTask task) {
        if (task.queuedIn >= 0) {
            all.get(task.queuedIn).remove(task);
            task.queuedIn = -1;
        }
    }

    /** Whether the task is in the queue of its present QoS. */
    boolean isInItsPlace(ShinjukuTask task) {
        return task.queuedIn == order[place(task.qos())];
    }

    @Nullable ShinjukuTask first() {
        for (int i = 0; i < size; i++) {
            FifoQueue<ShinjukuTask> queue = all.get(order[i]);
            if (!queue.isEmpty()) {
                return queue.first();
            }
        }
        return null;
    }

    private int place(int wanted) {
        int at = 0;
        while (at < size && qos[at] > wanted) {
            at++;
        }
        if (at < size && qos[at] == wanted) {
            return at;
        }
        if (size == MAX_QUEUES) {
            return Math.min(at, size - 1);
        }
        System.arraycopy(qos, at, qos, at + 1, size - at);
        System.arraycopy(order, at, order, at + 1, size - at);
        qos[at] = wanted;
        order[at] = size++;
        all.add(new FifoQueue<>(tasks));
        return at;
    }
}
