package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.Map;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the global object.
 *
 * @param durationNs how long the use case runs, or {@link Workload#NO_DURATION}
 * @param defaultPolicy policy of tasks that name none
 */
record GlobalReader(long durationNs, Policy defaultPolicy) {
    private static final long NS_PER_S = 1_000_000_000;
    private static final String RECORDING = "it is about what rt-app itself records, so it changes nothing here";

    /** Properties that change nothing on this machine, and why. */
    private static final Map<String, String> WITHOUT_MEANING = Map.ofEntries(
            Map.entry("calibration", "simulated CPUs all have one speed, so \"run\" needs no calibration"),
            Map.entry("lock_pages", "simulated memory is never swapped, so locking changes nothing"),
            Map.entry("pi_enabled", "mutexes have no priority inheritance here"),
            Map.entry("logdir", RECORDING),
            Map.entry("log_basename", RECORDING),
            Map.entry("log_size", RECORDING),
            Map.entry("ftrace", RECORDING),
            Map.entry("gnuplot", RECORDING),
            Map.entry("cumulative_slack", RECORDING),
            Map.entry("io_device", "only the events mem and iorun need it, and they are not supported"),
            Map.entry("mem_buffer_size", "only the events mem and iorun need it, and they are not supported"));

    static GlobalReader read(final FileContext context, final JsonValue.@Nullable Member member) {
        if (member == null) {
            return new GlobalReader(Workload.NO_DURATION, Policy.SCHED_OTHER);
        }
        final ObjectReader object = ObjectReader.of(context.file, member);
        for (final JsonValue.Member property : object.members()) {
            check(context, property);
        }
        final long seconds = object.whole("duration", -1, Integer.MAX_VALUE, -1);
        final JsonValue.Member policy = object.find("default_policy");
        return new GlobalReader(seconds > 0 ? seconds * NS_PER_S : Workload.NO_DURATION,
                policy == null ? Policy.SCHED_OTHER : SchedReader.policy(context, policy));
    }

    private static void check(final FileContext context, final JsonValue.Member property) {
        final String name = property.name();
        if (name.equals("duration") || name.equals("default_policy")) {
            return;
        }
        final String why = WITHOUT_MEANING.get(name);
        if (why == null) {
            throw context.error(property.line(), property.column(),
                    quote(name) + " is no property of \"global\"; remove or correct it");
        } else if (!asksNothing(property.value())) {
            context.remark(property.line(), property.column(), quote(name) + ": " + why);
        }
    }

    private static boolean asksNothing(final JsonValue value) {
        return (value instanceof JsonValue.BoolValue bool && !bool.value())
                || (value instanceof JsonValue.TextValue text && text.text().equals("none"));
    }
}
