package org.ghosthost.workload.rtapp;

/** The scheduling properties a task has now. */
final class SchedState {
    private Policy policy;
    private int priority;
    private long deadlineNs;

    /** Starts with what a thread object says, policy and priority included. */
    SchedState(final SchedChange initial) {
        policy = initial.policy() == null ? Policy.SCHED_OTHER : initial.policy();
        priority = initial.priority() == null ? policy.defaultPriority : initial.priority();
        deadlineNs = initial.deadlineNs();
    }

    /** Applies what a phase says; returns whether policy or priority are others now. */
    boolean apply(final SchedChange change) {
        final Policy oldPolicy = policy;
        final int oldPriority = priority;
        if (change.policy() != null) {
            policy = change.policy();
        }
        if (change.priority() != null) {
            priority = change.priority();
        }
        if (change.deadlineNs() > 0) {
            deadlineNs = change.deadlineNs();
        }
        return policy != oldPolicy || priority != oldPriority;
    }

    Policy policy() {
        return policy;
    }

    int nice() {
        return policy.nice(priority);
    }

    int qos() {
        return policy.qos(priority);
    }

    /** Returns the relative deadline of a job, 0 if none was said. */
    long deadlineNs() {
        return deadlineNs;
    }
}
