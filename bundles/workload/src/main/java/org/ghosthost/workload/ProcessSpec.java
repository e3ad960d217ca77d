package org.ghosthost.workload;

import java.util.List;

/**
 * A process of a workload: the group that its tasks share, and its PrioTable.
 *
 * @param name name for people
 * @param workClasses the classes of its PrioTable; empty if the process has none
 * @param maxItems the most tasks of this process that can have an item, forked ones included
 */
public record ProcessSpec(String name, List<WorkClass> workClasses, int maxItems) {

    /** Copies the list. */
    public ProcessSpec {
        workClasses = List.copyOf(workClasses);
        if (maxItems < 0) {
            throw new IllegalArgumentException("maxItems must not be negative: " + maxItems);
        }
    }

    /** Returns a process that has no PrioTable. */
    public static ProcessSpec plain(String name) {
        return new ProcessSpec(name, List.of(), 0);
    }
}
