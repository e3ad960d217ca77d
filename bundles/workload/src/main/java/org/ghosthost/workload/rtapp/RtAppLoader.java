package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.json.JsonParser;
import org.ghosthost.workload.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Reads rt-app files.
 *
 * <p>What rt-app ignores in silence is refused here with its place, and what has no meaning on the machine becomes a
 * remark. Beyond rt-app's grammar, events may repeat a name, as workgen allows, and a text may be left away where
 * rt-app does not look at it.
 *
 * <p>Tasks of the policies SCHED_OTHER, SCHED_BATCH, SCHED_IDLE and SCHED_DEADLINE are scheduled by the enclave;
 * those of SCHED_FIFO and SCHED_RR are real-time load on its CPUs. If a task has a deadline or a timer, the process
 * has a PrioTable with an item for each task: its QoS is 20 less the nice value, 0 for SCHED_IDLE and 41 for
 * SCHED_DEADLINE.
 *
 * <p>A task with a timer has jobs: one is released at each tick and done when the task comes to its next timer. A task
 * with a deadline and no timer has them too: one is released at each wake-up and done when the task goes to sleep. The
 * deadline is {@code dl-deadline}, else {@code dl-period}, else the timer's period, after the release.
 */
public final class RtAppLoader {

    private RtAppLoader() {
    }

    /**
     * Reads a file.
     *
     * @param file its name, for messages
     * @param bytes its content
     * @throws WorkloadException if it is not an rt-app file that this machine can run
     */
    public static Workload load(final String file, final byte[] bytes) {
        final JsonValue.ObjectValue root = JsonParser.parse(file, bytes);
        final FileContext context = new FileContext(file);
        final ObjectReader object = new ObjectReader(file, root);
        for (final JsonValue.Member member : root.members()) {
            switch (member.name()) {
                case "global", "tasks" -> {
                }
                case "resources" -> checkResources(context, member);
                default -> throw context.error(member.line(), member.column(), quote(member.name())
                        + " is no part of an rt-app file; its parts are global, tasks, resources");
            }
        }
        final GlobalReader global = GlobalReader.read(context, object.find("global"));
        final List<TaskDef> tasks = tasks(context, object.find("tasks"), root, global.defaultPolicy());
        FileChecks.check(context, tasks);
        return new RtAppWorkload(context, global.durationNs(), tasks);
    }

    private static List<TaskDef> tasks(final FileContext context, final JsonValue.@Nullable Member member,
            final JsonValue.ObjectValue root, final Policy defaultPolicy) {
        if (member == null) {
            throw context.error(root.line(), root.column(), "this file has no \"tasks\"; add them");
        }
        final List<JsonValue.Member> members = ObjectReader.of(context.file, member).members();
        for (final JsonValue.Member task : members) {
            if (context.taskIndexes.putIfAbsent(task.name(), context.taskIndexes.size()) != null) {
                throw context.error(task.line(), task.column(), "two tasks are called " + quote(task.name())
                        + "; rename one, or use \"instance\" for more of the same");
            }
        }
        final TaskReader reader = new TaskReader(context, defaultPolicy);
        final List<TaskDef> tasks = new ArrayList<>(members.size());
        for (final JsonValue.Member task : members) {
            tasks.add(reader.read(task));
        }
        if (tasks.stream().noneMatch(task -> task.instances() > 0)) {
            throw context.error(member.line(), member.column(), "no task starts; add one with an \"instance\" above 0");
        }
        return tasks;
    }

    /** Checks the form of the resources object, which only older versions of rt-app need. */
    private static void checkResources(final FileContext context, final JsonValue.Member member) {
        for (final JsonValue.Member resource : ObjectReader.of(context.file, member).members()) {
            final ObjectReader object = ObjectReader.of(context.file, resource);
            final String type = object.text("type", "mutex");
            switch (type) {
                case "mutex", "signal", "wait", "broadcast", "sync", "sleep", "run", "timer" -> {
                }
                default -> throw context.error(resource.line(), resource.column(),
                        "a resource has no type " + quote(type) + "; use mutex, wait or timer");
            }
        }
    }
}
