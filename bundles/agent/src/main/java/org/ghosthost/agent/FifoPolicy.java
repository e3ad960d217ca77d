package org.ghosthost.agent;

import java.util.List;
import org.ghosthost.policy.ConfigKey;
import org.ghosthost.policy.PolicyContext;
import org.jspecify.annotations.Nullable;

/**
 * First come, first served on all CPUs: one queue. A task that was preempted, or woken by somebody who waits for it,
 * goes to its front. With a slice, the task that has had its CPU longest gives way when its slice is over and another
 * one waits.
 */
public class FifoPolicy extends GlobalPolicy<Task> {
    /** Name of the key of the longest time that a task keeps its CPU while others wait. */
    public static final String PREEMPTION_TIME_SLICE = "preemption_time_slice";

    private final FifoQueue<Task> queue = new FifoQueue<>(tasks);
    private final long sliceNs;

    /** A policy without tasks, whose configuration has the {@link #keys}. */
    @SuppressWarnings("this-escape") // what is called keeps a number
    public FifoPolicy(PolicyContext context) {
        super(context, Task::new);
        sliceNs = context.configuration().durationNs(PREEMPTION_TIME_SLICE);
        startAsConfigured();
    }

    /** What can be configured. */
    public static List<ConfigKey> keys() {
        return List.of(
                ConfigKey.duration(PREEMPTION_TIME_SLICE, "inf",
                        "longest time that a task keeps its CPU while others wait"),
                globalCpuKey());
    }

    @Override
    protected final void enqueue(Task task) {
        queue.add(task);
    }

    @Override
    protected final void dequeue(Task task) {
        queue.remove(task);
    }

    @Override
    protected final @Nullable Task first() {
        return queue.first();
    }

    @Override
    protected final int victim(Task challenger) {
        int longest = sliceNs == UNTIL_MESSAGE ? NO_CPU : longestRunning();
        return longest >= 0 && nowNs() - sinceNs(longest) >= sliceNs ? longest : NO_CPU;
    }

    @Override
    protected final long wakeAtNs() {
        if (sliceNs == UNTIL_MESSAGE || queue.isEmpty()) {
            return UNTIL_MESSAGE;
        }
        int longest = longestRunning();
        long endNs = longest >= 0 ? sinceNs(longest) + sliceNs : UNTIL_MESSAGE;
        return hasDecided() ? Math.min(endNs, nowNs() + sliceNs) : endNs;
    }

    private int longestRunning() {
        int longest = NO_CPU;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            if (longest < 0 || sinceNs(cpu) < sinceNs(longest)) {
                longest = cpu;
            }
        }
        return longest;
    }
}
