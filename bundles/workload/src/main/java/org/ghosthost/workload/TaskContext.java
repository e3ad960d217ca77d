package org.ghosthost.workload;

import org.ghosthost.policy.topology.CpuSet;

/**
 * One task on the machine that runs it, as its {@link TaskProgram} sees it.
 *
 * <p>Methods that return a {@link Step} only say what comes next: the program returns that step at once, exactly one
 * per call. All other methods are instant and take effect before they return. Times are nanoseconds of the machine's
 * monotonic clock. A context is used on the machine's thread only, and only inside {@link TaskProgram#next}.
 */
public interface TaskContext {

    /** A deadline that never comes. */
    long NO_DEADLINE = Long.MAX_VALUE;

    /** Returns the time, in ns. */
    long now();

    /** Returns the time at which this task was to become runnable first, in ns; it may have waited for a CPU since. */
    long startedNs();

    /** Returns the number of this task on its machine: 0 or more, dense, never reused. */
    int id();

    /** Returns the CPU that runs the task now. */
    int cpu();

    /**
     * Burns {@code ns} of CPU time, however often the task is preempted meanwhile.
     *
     * @param ns 0 or more
     */
    Step run(long ns);

    /**
     * Burns CPU time until {@link #wake} names this task, which the task sees only while it has a CPU. A pending wake
     * is consumed and ends it at once.
     */
    Step spin();

    /** Sleeps until {@code timeNs}; a time that has passed costs the system call and no sleep. */
    Step sleepUntil(long timeNs);

    /**
     * Sleeps for {@code ns}.
     *
     * @param ns 0 or more
     */
    default Step sleep(long ns) {
        long until = now() + ns;
        return sleepUntil(until < 0 ? Long.MAX_VALUE : until);
    }

    /** Blocks until {@link #wake} names this task. A pending wake is consumed instead: the task stays on its CPU. */
    Step block();

    /** Gives way to other tasks without blocking ({@code sched_yield}). */
    @SuppressWarnings("NamedLikeContextualKeyword") // the name of the system call; always called on a context
    Step yield();

    /**
     * Blocks, and hands the CPU straight to {@code taskId} if that task is in {@link #block()} (ghOSt's switchto).
     * Else, or where the machine does not offer it, this is {@link #wake} followed by {@link #block()}.
     */
    Step switchTo(int taskId);

    /** Ends the task. */
    Step exit();

    /**
     * Wakes a task that is in {@link #block()} or {@link #spin()}. A task that is in neither keeps one wake pending
     * for its next one; a second wake before that adds nothing. Waking a task that has exited does nothing.
     */
    void wake(int taskId);

    /**
     * Creates a task; it is runnable {@link TaskSpec#startNs()} from now.
     *
     * @return its id
     */
    int fork(TaskSpec child);

    /** Sets this task's nice value, -20 to 19. */
    default void setNice(int nice) {
        setNice(id(), nice);
    }

    /** Sets the nice value of a task, -20 to 19. */
    void setNice(int taskId, int nice);

    /** Restricts this task to {@code cpus}, which is copied. */
    default void setAffinity(CpuSet cpus) {
        setAffinity(id(), cpus);
    }

    /**
     * Restricts a task to {@code cpus}, which is copied. CPUs that the machine lacks do not count.
     *
     * @throws IllegalArgumentException if none is left, see {@link Workload#checkCpus}
     */
    void setAffinity(int taskId, CpuSet cpus);

    /** Moves this task to another class ({@code sched_setscheduler}); entering its own class does nothing. */
    void setSchedulingClass(SchedulingClass schedulingClass);

    /**
     * Announces a unit of work, so that the machine can measure it. A release in the future counts from then on: a
     * task may announce its next job before it sleeps, and a job that is never started in time is still seen. One job
     * at a time: a new one ends the one before.
     *
     * @param releasedNs when the work came up; may lie in the past or the future
     * @param deadlineNs when it should be done, or {@link #NO_DEADLINE}
     */
    void jobStart(long releasedNs, long deadlineNs);

    /** Says that the job is done; without an open job this does nothing. */
    void jobEnd();

    /**
     * Writes {@code {deadline, RUNNABLE}} to this task's item in the PrioTable of its process, and announces the
     * change to the policy. A task without an item ignores it.
     */
    default void markRunnable(long deadlineNs) {
        markRunnable(id(), deadlineNs);
    }

    /** Writes {@code {deadline, RUNNABLE}} to the item of another task, as a dispatcher does for its workers. */
    void markRunnable(int taskId, long deadlineNs);

    /** Clears RUNNABLE in this task's item: it has no work, and a policy that reads the table takes its CPU away. */
    void markIdle();

    /** Moves this task's item to a work class of its process, by its index in {@link ProcessSpec#workClasses()}. */
    void setWorkClass(int workClass);
}
