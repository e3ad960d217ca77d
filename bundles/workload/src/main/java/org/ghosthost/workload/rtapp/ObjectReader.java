package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** Typed access to the properties of one object; what has the wrong type or range is refused with its place. */
final class ObjectReader {
    private final String file;
    private final JsonValue.ObjectValue object;
    private final Map<String, JsonValue.Member> first = new HashMap<>();
    private final Map<String, JsonValue.Member> second = new HashMap<>();

    ObjectReader(final String file, final JsonValue.ObjectValue object) {
        this.file = file;
        this.object = object;
        for (final JsonValue.Member member : object.members()) {
            if (first.putIfAbsent(member.name(), member) != null) {
                second.putIfAbsent(member.name(), member);
            }
        }
    }

    /** Reads the value of {@code member}, which must be an object. */
    static ObjectReader of(final String file, final JsonValue.Member member) {
        if (member.value() instanceof JsonValue.ObjectValue value) {
            return new ObjectReader(file, value);
        }
        throw wrongKind(file, member, "an object");
    }

    List<JsonValue.Member> members() {
        return object.members();
    }

    int line() {
        return object.line();
    }

    int column() {
        return object.column();
    }

    boolean has(final String name) {
        return first.containsKey(name);
    }

    JsonValue.@Nullable Member find(final String name) {
        final JsonValue.Member again = second.get(name);
        if (again != null) {
            throw WorkloadException.at(file, again.line(), again.column(),
                    quote(name) + " is given twice in this object; keep one");
        }
        return first.get(name);
    }

    long whole(final String name, final long min, final long max, final long otherwise) {
        final JsonValue.Member member = find(name);
        return member == null ? otherwise : whole(file, member, min, max);
    }

    static long whole(final String file, final JsonValue.Member member, final long min, final long max) {
        if (!(member.value() instanceof JsonValue.WholeValue whole)) {
            throw wrongKind(file, member, "a whole number");
        }
        if (whole.number() < min || whole.number() > max) {
            throw WorkloadException.at(file, whole.line(), whole.column(),
                    quote(member.name()) + " must be " + min + " to " + max + ", not " + whole.number());
        }
        return whole.number();
    }

    String text(final String name, final String otherwise) {
        final JsonValue.Member member = find(name);
        return member == null ? otherwise : text(file, member);
    }

    static String text(final String file, final JsonValue.Member member) {
        if (member.value() instanceof JsonValue.TextValue value) {
            return value.text();
        }
        throw wrongKind(file, member, "a text");
    }

    boolean bool(final String name, final boolean otherwise) {
        final JsonValue.Member member = find(name);
        if (member == null) {
            return otherwise;
        } else if (member.value() instanceof JsonValue.BoolValue value) {
            return value.value();
        }
        throw wrongKind(file, member, "true or false");
    }

    /** Reads a list of CPU numbers; null if there is none. */
    @Nullable CpuSet cpus(final String name) {
        final JsonValue.Member member = find(name);
        if (member == null) {
            return null;
        } else if (!(member.value() instanceof JsonValue.ListValue list)) {
            throw wrongKind(file, member, "a list of CPU numbers");
        } else if (list.elements().isEmpty()) {
            throw WorkloadException.at(file, list.line(), list.column(), quote(name) + " must name at least one CPU");
        } else {
            final CpuSet cpus = new CpuSet();
            for (final JsonValue element : list.elements()) {
                cpus.add(cpu(element));
            }
            return cpus.frozen();
        }
    }

    private int cpu(final JsonValue element) {
        if (element instanceof JsonValue.WholeValue whole && whole.number() >= 0
                && whole.number() < CpuSet.MAX_CPUS) {
            return (int) whole.number();
        }
        throw WorkloadException.at(file, element.line(), element.column(),
                "a CPU is a whole number, 0 to " + (CpuSet.MAX_CPUS - 1));
    }

    private static WorkloadException wrongKind(final String file, final JsonValue.Member member, final String wanted) {
        final JsonValue value = member.value();
        return WorkloadException.at(file, value.line(), value.column(),
                quote(member.name()) + " must be " + wanted + ", not " + value.kind());
    }
}
