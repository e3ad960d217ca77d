package org.ghosthost.workload;

/**
 * A work class of a PrioTable: what the items that belong to it have in common.
 *
 * @param repeating whether an item gets new work each period by itself; else it is one-shot
 * @param qos quality of service, bigger is more important, 0 or more
 * @param execNs expected run time of one piece of work, in ns
 * @param periodNs period of a repeating class, in ns; 0 for a one-shot class
 */
public record WorkClass(boolean repeating, int qos, long execNs, long periodNs) {

    /** Checks the ranges. */
    public WorkClass {
        if (qos < 0 || execNs < 0 || periodNs < 0 || (repeating && periodNs == 0)) {
            throw new IllegalArgumentException("work class out of range: repeating=" + repeating + " qos=" + qos
                    + " execNs=" + execNs + " periodNs=" + periodNs);
        }
    }

    /** Returns a one-shot class. */
    public static WorkClass oneShot(int qos, long execNs) {
        return new WorkClass(false, qos, execNs, 0);
    }
}
