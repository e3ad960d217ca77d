package org.ghosthost.workload.rtapp;

import org.jspecify.annotations.Nullable;

/**
 * What a thread or phase object says about scheduling.
 *
 * @param policy the policy to take, or null to keep the one the task has
 * @param priority the priority to take (nice or real-time priority), or null to keep it
 * @param runtimeNs expected run time of a job, 0 if not said
 * @param deadlineNs deadline of a job, relative to its release, 0 if not said
 */
record SchedChange(@Nullable Policy policy, @Nullable Integer priority, long runtimeNs, long deadlineNs) {

    static final SchedChange NONE = new SchedChange(null, null, 0, 0);
}
