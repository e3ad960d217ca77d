package org.ghosthost.workload.testing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;

/**
 * A machine that is just good enough to run task programs: some CPUs, first come first served, a slice, no costs. A
 * step of no length costs no time, so a program that never takes any fails the test.
 */
public final class TinyMachine {
    private static final int MAX_STEPS_AT_ONCE = 100_000;

    /** What happens later; in the order of time, then of creation. */
    private record Event(long timeNs, long number, Runnable action) {
    }

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::timeNs).thenComparingLong(Event::number));
    private final ArrayDeque<TinyTask> ready = new ArrayDeque<>();
    private final List<TinyTask> tasks = new ArrayList<>();
    private final long sliceNs;
    private final boolean lastComeFirst;
    private final boolean[] busy;
    private long eventCount;
    private long nowNs;
    private int stepsAtOnce;

    public TinyMachine(final int cpus, final long sliceNs) {
        this(cpus, sliceNs, false);
    }

    public TinyMachine(final int cpus, final long sliceNs, final boolean lastComeFirst) {
        busy = new boolean[cpus];
        this.sliceNs = sliceNs;
        this.lastComeFirst = lastComeFirst;
    }

    /** Runs a workload from a start that is not 0, to its end or for a time. */
    public static TinyMachine run(final Workload workload, final int cpus, final long forNs) {
        final TinyMachine machine = new TinyMachine(cpus, Long.MAX_VALUE);
        machine.start(workload, 1);
        machine.runFor(forNs);
        return machine;
    }

    public void start(final Workload workload, final long seed) {
        nowNs = 1_000_000_000;
        for (final TaskSpec spec : workload.tasks(seed)) {
            add(spec);
        }
    }

    public void runFor(final long ns) {
        final long endNs = nowNs + ns < 0 ? Long.MAX_VALUE : nowNs + ns;
        while (!events.isEmpty() && events.peek().timeNs() <= endNs) {
            final Event event = events.remove();
            if (event.timeNs() > nowNs) {
                stepsAtOnce = 0;
            }
            nowNs = event.timeNs();
            event.action().run();
        }
        nowNs = events.isEmpty() ? nowNs : endNs;
        tasks.forEach(task -> task.stopRunning(nowNs));
    }

    public long nowNs() {
        return nowNs;
    }

    /** Time since the start of the workload. */
    public long elapsedNs() {
        return nowNs - 1_000_000_000;
    }

    public List<TinyTask> tasks() {
        return tasks;
    }

    public TinyTask task(final String name) {
        return tasks.stream().filter(task -> task.name().equals(name)).findFirst().orElseThrow();
    }

    public boolean allExited() {
        return tasks.stream().allMatch(TinyTask::exited);
    }

    int add(final TaskSpec spec) {
        final TinyTask task = new TinyTask(this, tasks.size(), spec, nowNs + spec.startNs());
        tasks.add(task);
        at(task.startedNs(), () -> makeReady(task));
        return task.id();
    }

    void at(final long timeNs, final Runnable action) {
        events.add(new Event(Math.max(timeNs, nowNs), eventCount++, action));
    }

    void makeReady(final TinyTask task) {
        task.becameReady();
        if (lastComeFirst) {
            ready.addFirst(task);
        } else {
            ready.addLast(task);
        }
        dispatch();
    }

    void release(final int cpu) {
        busy[cpu] = false;
        at(nowNs, this::dispatch);
    }

    long sliceNs() {
        return sliceNs;
    }

    void countStep() {
        if (++stepsAtOnce > MAX_STEPS_AT_ONCE) {
            throw new AssertionError("no time passes at " + nowNs);
        }
    }

    private void dispatch() {
        for (int cpu = 0; cpu < busy.length && !ready.isEmpty(); cpu++) {
            if (!busy[cpu]) {
                busy[cpu] = true;
                final TinyTask task = ready.removeFirst();
                final int to = cpu;
                at(nowNs, () -> task.continueOn(to));
            }
        }
    }
}
