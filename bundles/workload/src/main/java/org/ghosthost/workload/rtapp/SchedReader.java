package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.Set;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** Reads what a thread or phase object says about scheduling. */
final class SchedReader {
    /** Properties that thread and phase objects share and that events never begin with. */
    static final Set<String> PROPERTIES = Set.of("policy", "priority", "dl-runtime", "dl-period", "dl-deadline",
            "util_min", "util_max", "taskgroup", "cpus", "nodes_membind");

    private final FileContext context;

    /** The policy in force where the reader stands, so that a priority alone can be checked. */
    private Policy current;

    SchedReader(final FileContext context, final Policy initial) {
        this.context = context;
        this.current = initial;
    }

    /** Reads a thread object: its policy and priority are known afterwards. */
    SchedChange readTask(final ObjectReader object, final boolean hasRuntimeEvent) {
        final SchedChange change = read(object, true, hasRuntimeEvent);
        final Policy policy = change.policy() == null ? current : change.policy();
        final int priority = change.priority() == null ? policy.defaultPriority : change.priority();
        return new SchedChange(policy, priority, change.runtimeNs(), change.deadlineNs());
    }

    SchedChange readPhase(final ObjectReader object) {
        return read(object, false, false);
    }

    private SchedChange read(final ObjectReader object, final boolean legacyNames, final boolean hasRuntimeEvent) {
        final @Nullable Policy policy = policy(object);
        if (policy != null) {
            current = policy;
        }
        final @Nullable Integer priority = priority(object, policy);
        long runtimeNs = microseconds(object, "dl-runtime");
        long periodNs = microseconds(object, "dl-period");
        long deadlineNs = microseconds(object, "dl-deadline");
        if (legacyNames) {
            // Older files leave "dl-" away in thread objects; "runtime" is then an event as well.
            runtimeNs = runtimeNs == 0 && !hasRuntimeEvent ? microseconds(object, "runtime") : runtimeNs;
            periodNs = periodNs == 0 ? microseconds(object, "period") : periodNs;
            deadlineNs = deadlineNs == 0 ? microseconds(object, "deadline") : deadlineNs;
        }
        deadlineNs = deadlineNs == 0 ? periodNs : deadlineNs;
        if (current == Policy.SCHED_DEADLINE && (policy != null || runtimeNs + periodNs + deadlineNs > 0)) {
            deadlineNs = deadlineNs == 0 ? runtimeNs : deadlineNs;
            checkDeadline(object, runtimeNs, deadlineNs, Math.max(periodNs, deadlineNs));
        }
        remarkWithoutMeaning(object);
        return new SchedChange(policy, priority, runtimeNs, deadlineNs);
    }

    private @Nullable Policy policy(final ObjectReader object) {
        final JsonValue.Member member = object.find("policy");
        return member == null ? null : policy(context, member);
    }

    static Policy policy(final FileContext context, final JsonValue.Member member) {
        final String name = ObjectReader.text(context.file, member);
        final Policy policy = Policy.named(name);
        if (policy == null) {
            throw context.error(member.value().line(), member.value().column(), "no policy is called " + quote(name)
                    + "; there are SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_RR, SCHED_FIFO, SCHED_DEADLINE");
        }
        return policy;
    }

    private @Nullable Integer priority(final ObjectReader object, final @Nullable Policy policy) {
        if (object.has("priority")) {
            final int priority = (int) object.whole("priority", current.minPriority, current.maxPriority, 0);
            if (current.schedulingClass == SchedulingClass.RT && priority != current.defaultPriority) {
                remark(object, "priority", "the machine serves all real-time tasks alike, first come, first served");
            }
            return priority;
        }
        return policy == null ? null : policy.defaultPriority;
    }

    private long microseconds(final ObjectReader object, final String name) {
        return object.whole(name, 0, EventReader.MAX_US, 0) * 1_000;
    }

    private void checkDeadline(final ObjectReader object, final long runtimeNs, final long deadlineNs,
            final long periodNs) {
        if (runtimeNs == 0) {
            throw context.error(object.line(), object.column(),
                    "SCHED_DEADLINE needs \"dl-runtime\"; add it to this object");
        } else if (runtimeNs > deadlineNs || deadlineNs > periodNs) {
            throw context.error(object.line(), object.column(), "SCHED_DEADLINE needs dl-runtime <= dl-deadline <="
                    + " dl-period, but they are " + runtimeNs / 1_000 + ", " + deadlineNs / 1_000 + ", "
                    + periodNs / 1_000);
        }
    }

    private void remarkWithoutMeaning(final ObjectReader object) {
        remark(object, "util_min", "the simulated CPUs have one frequency, so utilisation clamping changes nothing");
        remark(object, "util_max", "the simulated CPUs have one frequency, so utilisation clamping changes nothing");
        remark(object, "taskgroup", "the machine has no cgroups, so the task group changes nothing");
        remark(object, "nodes_membind", "the simulated memory has no nodes, so memory binding changes nothing");
    }

    private void remark(final ObjectReader object, final String name, final String why) {
        final JsonValue.Member member = object.find(name);
        if (member != null) {
            context.remark(member.line(), member.column(), quote(name) + ": " + why);
        }
    }
}
