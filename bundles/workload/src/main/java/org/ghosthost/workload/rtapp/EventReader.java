package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.workload.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** Reads the events of one thread object. */
final class EventReader {
    /** rt-app counts in microseconds and 32 bits. */
    static final long MAX_US = Integer.MAX_VALUE;

    /** How many timers a task may have for itself. */
    private static final int MAX_UNIQUE_TIMERS = 64;

    private static final int NONE = Event.NO_INDEX;

    private final FileContext context;
    private final String task;
    private final int instances;
    private final Map<String, Integer> uniqueTimers = new HashMap<>();
    private final List<Boolean> uniqueAbsolute = new ArrayList<>();

    EventReader(final FileContext context, final String task, final int instances) {
        this.context = context;
        this.task = task;
        this.instances = instances;
    }

    Event read(final EventKind kind, final JsonValue.Member member) {
        return switch (kind) {
            case RUN, RUNTIME, SLEEP ->
                    new Event(kind, microseconds(member), NONE, NONE, false, member.line(), member.column());
            case TIMER -> timer(member);
            case LOCK, UNLOCK -> named(kind, member, context.mutexes);
            case SIGNAL, BROADCAST -> wakes(kind, member, context.conditions);
            case SEM_POST -> wakes(kind, member, context.semaphores);
            case SEM_WAIT -> waits(kind, member, context.semaphores, 1);
            case BARRIER -> waits(kind, member, context.barriers, instances);
            case WAIT, SYNC -> waitForCondition(kind, member);
            case SUSPEND -> suspend(member);
            case RESUME, FORK -> onTask(kind, member);
            case YIELD -> simple(kind, member, NONE);
            case MEM, MEMRUN, IORUN -> throw context.error(member.line(), member.column(), quote(member.name())
                    + " is not supported: how long it takes depends on a real memory or disk; put \"run\" with a time"
                    + " in its place");
        };
    }

    private long microseconds(final JsonValue.Member member) {
        return ObjectReader.whole(context.file, member, 0, MAX_US) * 1_000;
    }

    private static Event simple(final EventKind kind, final JsonValue.Member member, final int target) {
        return new Event(kind, 0, target, NONE, false, member.line(), member.column());
    }

    private Event named(final EventKind kind, final JsonValue.Member member, final Names names) {
        return simple(kind, member, names.indexOf(ObjectReader.text(context.file, member)));
    }

    private Event wakes(final EventKind kind, final JsonValue.Member member, final Names names) {
        final Event event = named(kind, member, names);
        names.use(event.target()).woken = true;
        return event;
    }

    private Event waits(final EventKind kind, final JsonValue.Member member, final Names names, final int users) {
        final Event event = named(kind, member, names);
        names.addUsers(event.target(), users, member.line(), member.column());
        return event;
    }

    private Event waitForCondition(final EventKind kind, final JsonValue.Member member) {
        final ObjectReader reader = ObjectReader.of(context.file, member);
        only(member, reader, "ref", "mutex");
        final int condition = context.conditions.indexOf(required(member, reader, "ref"));
        final int mutex = context.mutexes.indexOf(required(member, reader, "mutex"));
        context.conditions.addUsers(condition, 1, member.line(), member.column());
        if (kind == EventKind.SYNC) {
            context.conditions.use(condition).woken = true;
        }
        return new Event(kind, 0, condition, mutex, false, member.line(), member.column());
    }

    private Event timer(final JsonValue.Member member) {
        final ObjectReader reader = ObjectReader.of(context.file, member);
        only(member, reader, "ref", "period", "mode");
        final String ref = required(member, reader, "ref");
        final long periodNs = reader.whole("period", 0, MAX_US, 0) * 1_000;
        final String mode = reader.text("mode", "relative");
        final boolean absolute = mode.startsWith("absolute");
        if (!absolute && !mode.startsWith("relative")) {
            throw context.error(member.line(), member.column(),
                    "the mode of a timer is \"relative\" or \"absolute\", not " + quote(mode));
        }
        final boolean unique = ref.startsWith("unique");
        final int target;
        if (unique) {
            target = uniqueTimer(member, ref);
            uniqueAbsolute.set(target, uniqueAbsolute.get(target) || absolute);
        } else {
            target = context.timers.indexOf(ref);
            context.timers.use(target).absolute |= absolute;
        }
        return new Event(EventKind.TIMER, periodNs, target, NONE, unique, member.line(), member.column());
    }

    private int uniqueTimer(final JsonValue.Member member, final String ref) {
        if (uniqueAbsolute.size() == MAX_UNIQUE_TIMERS && !uniqueTimers.containsKey(ref)) {
            throw context.error(member.line(), member.column(), "a task may have " + MAX_UNIQUE_TIMERS
                    + " unique timers; use one of them again");
        }
        return uniqueTimers.computeIfAbsent(ref, key -> {
            uniqueAbsolute.add(false);
            return uniqueAbsolute.size() - 1;
        });
    }

    /** Returns the task's own timers: for each whether it keeps its ticks when it is late. */
    List<Boolean> absoluteTimers() {
        return uniqueAbsolute;
    }

    private Event suspend(final JsonValue.Member member) {
        final @Nullable String named = member.value() instanceof JsonValue.TextValue text ? text.text() : null;
        if (named != null && !named.isEmpty() && !named.equals(task)) {
            context.remark(member.line(), member.column(), "rt-app does not look at the text of \"suspend\"; only"
                    + " \"resume\" of " + quote(task) + " ends it, not of " + quote(named));
        }
        final Integer self = context.taskIndexes.get(task);
        return simple(EventKind.SUSPEND, member, self == null ? NONE : self);
    }

    private Event onTask(final EventKind kind, final JsonValue.Member member) {
        final String name = ObjectReader.text(context.file, member);
        final Integer index = context.taskIndexes.get(name);
        if (index == null) {
            throw context.error(member.line(), member.column(), "no task is called " + quote(name)
                    + "; name one of the file's tasks");
        }
        return simple(kind, member, index);
    }

    private String required(final JsonValue.Member event, final ObjectReader reader, final String name) {
        if (!reader.has(name)) {
            throw context.error(event.line(), event.column(),
                    quote(event.name()) + " needs " + quote(name) + "; add it");
        }
        return reader.text(name, "");
    }

    private void only(final JsonValue.Member event, final ObjectReader reader, final String... known) {
        for (final JsonValue.Member member : reader.members()) {
            boolean found = false;
            for (final String name : known) {
                found |= name.equals(member.name());
            }
            if (!found) {
                throw context.error(member.line(), member.column(), quote(event.name()) + " has no property "
                        + quote(member.name()) + "; it takes " + String.join(", ", known));
            }
        }
    }
}
