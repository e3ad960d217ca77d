package org.ghosthost.agent;

import java.util.function.Supplier;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Skeleton of a policy with an agent on each CPU that shares its tasks with the others.
 *
 * <p>No CPU stays idle while another one has tasks waiting. A CPU that goes idle asks each of the others for a task;
 * the answer is a task, at once or when there is one to spare, and the question stands until then. So a question is
 * asked again only after a task has come for it: balancing costs one letter for each task that moves.
 *
 * <p>With a period, a busy CPU also tells one other CPU in each period how many tasks it has, each in turn; who has
 * more gives half of the difference.
 */
public abstract class BalancedPolicy<T extends Task> extends PerCpuPolicy<T> {
    private static final long ASK = 0;
    private static final long RETRY_NS = 1_000;
    /** Most tasks that a CPU gives for one report. */
    private static final int MAX_GIVEN = 32;

    private final long periodNs;
    private final CpuSet asked = new CpuSet();
    private final CpuSet asking = new CpuSet();
    private boolean isMailFull;
    private int partner;
    private long reportNs;
    private int reporter = CpuSet.NO_CPU;
    private long reported;

    /**
     * A policy without tasks, for {@code context.cpu()}.
     *
     * @param maker makes the object of a task, as in {@code Task::new}
     * @param periodNs time between two reports of how many tasks there are; {@link #UNTIL_MESSAGE} = none
     */
    protected BalancedPolicy(PolicyContext context, Supplier<? extends T> maker, long periodNs) {
        super(context, maker);
        this.periodNs = periodNs;
        partner = cpu;
    }

    // ---- what an author says

    /** Number of tasks in the queue. */
    protected abstract int waiting();

    /** The task in the queue that gains most if it goes to another CPU; null if there is none. */
    protected abstract @Nullable T last();

    /** The task that gains most after {@code task}; null if there is none. */
    protected abstract @Nullable T previous(T task);

    // ---- letters

    @Override
    protected final void told(int fromCpu, long word) {
        if (word == ASK) {
            asking.add(fromCpu);
        } else {
            reporter = fromCpu;
            reported = word;
        }
    }

    @Override
    protected final void taken(int fromCpu) {
        asked.remove(fromCpu);
    }

    // ---- in each pass

    @Override
    protected final void balance() {
        isMailFull = false;
        if (!isBusy() && waiting() == 0) {
            askAll();
        } else if (!asking.isEmpty()) {
            giveToIdle();
        }
        if (reporter != CpuSet.NO_CPU) {
            giveToReporter();
        }
        if (periodNs != UNTIL_MESSAGE && nowNs() >= reportNs) {
            reportNs = nowNs() + periodNs;
            report();
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

    private void giveToIdle() {
        int kept = isBusy() ? 0 : 1;
        int to = asking.first();
        for (T task = last(); task != null && to >= 0 && waiting() > kept; ) {
            T before = previous(task);
            if (mayRunOn(task, to) && give(task, to)) {
                asking.remove(to);
                to = asking.next(to + 1);
            }
            task = before;
        }
    }

    private void giveToReporter() {
        int to = reporter;
        reporter = CpuSet.NO_CPU;
        long left = Math.min(MAX_GIVEN, (load() - reported) / 2);
        for (T task = last(); task != null && left > 0; ) {
            T before = previous(task);
            if (mayRunOn(task, to) && give(task, to)) {
                left--;
            }
            task = before;
        }
    }

    /** A CPU without tasks has asked already. */
    private void report() {
        partner = agent().cpus().nextCyclic(partner + 1);
        if (partner != cpu && load() > 0) {
            tell(partner, load());
        }
    }

    private long load() {
        return (long) waiting() + (isBusy() ? 1 : 0);
    }

    private boolean mayRunOn(T task, int to) {
        CpuSet allowed = affinity(task);
        return allowed == null || allowed.contains(to);
    }

    @Override
    protected long wakeAtNs() {
        long untilNs = isMailFull ? nowNs() + RETRY_NS : UNTIL_MESSAGE;
        return periodNs != UNTIL_MESSAGE && isBusy() ? Math.min(untilNs, reportNs) : untilNs;
    }
}
