package org.ghosthost.workload.rtapp;

import java.util.Arrays;
import org.ghosthost.workload.PrioHint;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkloadException;

/** What the tasks of one run share: resources, and the count of forks. */
final class Run {
    /** rt-app's bound on how often one task is forked. */
    static final int MAX_FORKS = 1_024;

    /** How often all tasks together may be forked. */
    static final int MAX_FORKS_OF_ALL = 10_000;

    final RtAppWorkload workload;
    final Mutex[] mutexes;
    final WaitQueue[] conditions;
    final Timer[] timers;
    final Barrier[] barriers;
    final Semaphore[] semaphores;

    /** Suspended tasks, by the index of their definition. */
    final WaitQueue[] suspended;

    private final int[] forks;
    private int forksOfAll;

    Run(final RtAppWorkload workload, final FileContext context) {
        this.workload = workload;
        mutexes = new Mutex[context.mutexes.size()];
        Arrays.setAll(mutexes, i -> new Mutex());
        conditions = queues(context.conditions.size());
        timers = new Timer[context.timers.size()];
        Arrays.setAll(timers, i -> new Timer(context.timers.use(i).absolute));
        barriers = new Barrier[context.barriers.size()];
        Arrays.setAll(barriers, i -> new Barrier(context.barriers.use(i).users));
        semaphores = new Semaphore[context.semaphores.size()];
        Arrays.setAll(semaphores, i -> new Semaphore());
        suspended = queues(workload.defs().size());
        forks = new int[workload.defs().size()];
    }

    private static WaitQueue[] queues(final int count) {
        final WaitQueue[] queues = new WaitQueue[count];
        Arrays.setAll(queues, i -> new WaitQueue());
        return queues;
    }

    /**
     * Makes a task of the definition {@code index}.
     *
     * @param delayNs when it starts, after the workload's start or after the fork
     */
    TaskSpec task(final int index, final String name, final long delayNs, final long zeroNs) {
        final TaskDef def = workload.defs().get(index);
        final Phase first = def.phases().getFirst();
        final RtAppProgram program = new RtAppProgram(this, index, zeroNs);
        final SchedulingClass schedulingClass = program.policy().schedulingClass;
        final PrioHint hint = workload.hasTable()
                ? new PrioHint(workload.workClass(index, program.qos()), true, program.firstDeadlineNs())
                : null;
        return new TaskSpec(name, 0, schedulingClass, program.nice(), first.cpus() == null ? def.cpus() : first.cpus(),
                delayNs, hint, program);
    }

    /** Forks a task of the definition {@code index}; its delay counts from the start of the workload, as in rt-app. */
    void fork(final int index, final TaskContext parent, final long zeroNs) {
        final TaskDef def = workload.defs().get(index);
        if (forks[index] == MAX_FORKS) {
            throw WorkloadException.at(workload.name(), def.line(), def.column(), "this task has been forked "
                    + MAX_FORKS + " times, which is rt-app's limit; fork it in a loop that ends");
        } else if (forksOfAll++ == MAX_FORKS_OF_ALL) {
            throw WorkloadException.at(workload.name(), def.line(), def.column(), "the tasks of this file have been"
                    + " forked " + MAX_FORKS_OF_ALL + " times in all, which is the limit; fork less");
        }
        final String name = def.name() + "-" + forks[index]++;
        parent.fork(task(index, name, Math.max(0, zeroNs + def.delayNs() - parent.now()), zeroNs));
    }
}
