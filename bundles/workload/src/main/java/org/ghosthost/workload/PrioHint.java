package org.ghosthost.workload;

/**
 * What a task's PrioTable item holds when the task is created.
 *
 * @param workClass index in {@link ProcessSpec#workClasses()}
 * @param runnable whether it has work from the start
 * @param deadlineNs deadline of that work in ns after the task's start, or {@link TaskContext#NO_DEADLINE}
 */
public record PrioHint(int workClass, boolean runnable, long deadlineNs) {
}
