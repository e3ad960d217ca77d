package org.ghosthost.workload;

/**
 * What one task does: asked for its next step when the task first gets a CPU, and then each time the step before has
 * ended.
 *
 * <p>A program belongs to one task and holds that task's position, so it is used once. It runs on the machine's
 * thread, in virtual time that stands still while it runs. Programs of one workload may therefore share plain
 * objects.
 */
@FunctionalInterface
public interface TaskProgram {

    /**
     * Decides the next step, which must be the return value of one of the step methods of {@code task}.
     *
     * <p>Called only while the task holds a CPU. Bounded and free of allocation in steady state. A program that
     * returns {@link Step#EXIT} is never called again. A program that returns steps of no length for ever makes no
     * time pass; the machine bounds that and says which task it was.
     *
     * @param task the task that runs this program, the same object in each call
     * @return the step to perform
     * @throws WorkloadException if the program cannot go on; the machine ends the task and says the sentence to people
     */
    Step next(TaskContext task);
}
