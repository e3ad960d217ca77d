package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.ghosthost.workload.json.JsonValue;

/** Reads thread objects. */
final class TaskReader {
    /** How many tasks one workload may start. */
    static final int MAX_TASKS = 100_000;

    private static final Set<String> TASK_ONLY = Set.of("instance", "delay", "phases", "period", "deadline");

    private final FileContext context;
    private final Policy defaultPolicy;
    private int tasks;

    TaskReader(final FileContext context, final Policy defaultPolicy) {
        this.context = context;
        this.defaultPolicy = defaultPolicy;
    }

    TaskDef read(final JsonValue.Member task) {
        final ObjectReader object = ObjectReader.of(context.file, task);
        final int instances = (int) object.whole("instance", 0, MAX_TASKS, 1);
        tasks += instances;
        if (tasks > MAX_TASKS) {
            throw context.error(task.line(), task.column(),
                    "the file starts more than " + MAX_TASKS + " tasks; lower \"instance\"");
        }
        final boolean hasPhases = object.has("phases");
        final SchedReader sched = new SchedReader(context, defaultPolicy);
        final SchedChange initial = sched.readTask(object, !hasPhases);
        final EventReader events = new EventReader(context, task.name(), instances);
        final List<Phase> phases = hasPhases ? phases(object, sched, events) : List.of(onlyPhase(object, events));
        // Without a "phases" object, "loop" counts the one phase, and its absence means for ever.
        final int taskLoop = hasPhases ? loop(object, 0, Phase.FOR_EVER) : object.has("loop") ? 1 : Phase.FOR_EVER;
        return new TaskDef(task.name(), task.line(), task.column(), instances,
                object.whole("delay", 0, EventReader.MAX_US, 0) * 1_000, taskLoop, object.cpus("cpus"), initial, phases,
                events.absoluteTimers(), Jobs.of(initial, phases));
    }

    private List<Phase> phases(final ObjectReader task, final SchedReader sched, final EventReader events) {
        for (final JsonValue.Member member : task.members()) {
            // "runtime" beside phases is the old name of dl-runtime.
            if (!member.name().equals("runtime")) {
                checkTaskProperty(member);
            }
        }
        final JsonValue.Member member = task.find("phases");
        final List<Phase> phases = new ArrayList<>();
        if (member != null) {
            for (final JsonValue.Member phase : ObjectReader.of(context.file, member).members()) {
                phases.add(phase(phase, sched, events));
            }
        }
        if (phases.isEmpty()) {
            throw context.error(task.line(), task.column(), "\"phases\" is empty; give it a phase with events");
        }
        return phases;
    }

    private void checkTaskProperty(final JsonValue.Member member) {
        if (EventKind.of(member.name()) != null) {
            throw context.error(member.line(), member.column(), "the event " + quote(member.name())
                    + " stands beside \"phases\" and would never happen; move it into a phase");
        }
        checkKnown(member, true);
    }

    private void checkKnown(final JsonValue.Member member, final boolean task) {
        final String name = member.name();
        final boolean known = name.equals("loop") || SchedReader.PROPERTIES.contains(name)
                || (task && TASK_ONLY.contains(name));
        if (!known) {
            throw context.error(member.line(), member.column(), quote(name) + " is neither an event nor a property of "
                    + (task ? "a task" : "a phase") + "; remove or correct it");
        }
    }

    private Phase onlyPhase(final ObjectReader task, final EventReader events) {
        final List<Event> list = events(task, events, true);
        // The task object has said it all: CPUs and scheduling do not change when its only phase begins.
        return new Phase(loop(task, 1, 1), null, SchedChange.NONE, list);
    }

    private Phase phase(final JsonValue.Member member, final SchedReader sched, final EventReader events) {
        final ObjectReader phase = ObjectReader.of(context.file, member);
        final List<Event> list = events(phase, events, false);
        return new Phase(loop(phase, 1, 1), phase.cpus("cpus"), sched.readPhase(phase), list);
    }

    private List<Event> events(final ObjectReader object, final EventReader reader, final boolean task) {
        final List<Event> events = new ArrayList<>();
        for (final JsonValue.Member member : object.members()) {
            final EventKind kind = EventKind.of(member.name());
            if (kind != null) {
                events.add(reader.read(kind, member));
            } else {
                checkKnown(member, task);
            }
        }
        if (events.isEmpty()) {
            throw context.error(object.line(), object.column(), "this object has no events, so its task would do"
                    + " nothing; add one, such as \"run\"");
        }
        return events;
    }

    private int loop(final ObjectReader object, final int min, final int otherwise) {
        final long loop = object.whole("loop", Phase.FOR_EVER, Integer.MAX_VALUE, otherwise);
        if (loop != Phase.FOR_EVER && loop < min) {
            // rt-app compares the count after the first round, so 0 never matches there.
            throw context.error(object.line(), object.column(),
                    "\"loop\" 0 means for ever to rt-app; say -1, or remove what should not run");
        }
        return (int) loop;
    }
}
