package org.ghosthost.workload;

import java.util.List;

/**
 * A set of processes and tasks that a machine can run, any number of times.
 *
 * <p>Immutable. The programs are made afresh by each call of {@link #tasks}, so runs do not touch each other.
 */
public interface Workload {

    /** Value of {@link #durationNs()} for a workload that ends by itself or never. */
    long NO_DURATION = Long.MAX_VALUE;

    /** Returns a name for people: the file's name or the generator's text. */
    String name();

    /** Returns how long the workload is meant to run, in ns, or {@link #NO_DURATION}. */
    long durationNs();

    /** Returns the processes; {@link TaskSpec#process()} is an index into this list. */
    List<ProcessSpec> processes();

    /**
     * Makes the tasks for one run, in the order of their creation.
     *
     * @param seed the machine's seed; the same seed makes the same tasks and the same random choices in them,
     *     whatever the policy does
     */
    List<TaskSpec> tasks(long seed);

    /**
     * Checks that a machine of {@code cpuCount} CPUs, numbered from 0, has each CPU that the workload names.
     *
     * @throws WorkloadException if it has not
     */
    default void checkCpus(final int cpuCount) {
    }

    /** Returns remarks for people about what the file asks for that has no meaning on this machine; often empty. */
    List<String> remarks();
}
