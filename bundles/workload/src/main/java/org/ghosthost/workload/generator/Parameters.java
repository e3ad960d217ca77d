package org.ghosthost.workload.generator;

import static org.ghosthost.workload.WorkloadException.quote;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/** The parameters of a generator text such as {@code spin:tasks=100,run=2ms}. */
final class Parameters {
    /** The longest time a parameter may say: a year. */
    static final long MAX_NS = 365L * 24 * 3_600 * 1_000_000_000;

    private static final int MAX_TEXT = 1_000;
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(?:\\.(\\d{1,9}))?(ns|us|ms|s|m|h)");

    private final String text;
    private final String kind;
    private final Map<String, String> values = new LinkedHashMap<>();

    private Parameters(final String text, final String kind) {
        this.text = text;
        this.kind = kind;
    }

    /**
     * Reads a text.
     *
     * @param known the parameters that its kind takes
     */
    static Parameters parse(final String text, final List<String> known) {
        if (text.length() > MAX_TEXT) {
            throw new WorkloadException("the workload " + quote(text) + " is longer than " + MAX_TEXT
                    + " characters; put less into it");
        }
        final int colon = text.indexOf(':');
        final Parameters parameters = new Parameters(text, colon < 0 ? text : text.substring(0, colon));
        if (colon >= 0 && colon + 1 < text.length()) {
            for (final String part : text.substring(colon + 1).split(",", -1)) {
                parameters.add(part.strip(), known);
            }
        }
        return parameters;
    }

    private void add(final String part, final List<String> known) {
        final int equals = part.indexOf('=');
        if (equals <= 0) {
            throw error("expected name=value, found " + quote(part));
        }
        final String name = part.substring(0, equals);
        if (!known.contains(name)) {
            throw error(quote(name) + " is no parameter of " + kind + "; it takes " + String.join(", ", known));
        }
        if (values.put(name, part.substring(equals + 1)) != null) {
            throw error(quote(name) + " is given twice; keep one");
        }
    }

    String text() {
        return text;
    }

    boolean has(final String name) {
        return values.containsKey(name);
    }

    @Nullable String find(final String name) {
        return values.get(name);
    }

    long whole(final String name, final long min, final long max, final long otherwise) {
        final String value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        final boolean fits = value.matches("-?\\d{1,18}") && Long.parseLong(value) >= min
                && Long.parseLong(value) <= max;
        if (!fits) {
            throw error(name + " must be a whole number from " + min + " to " + max + ", not " + quote(value));
        }
        return Long.parseLong(value);
    }

    double number(final String name, final double min, final double max, final double otherwise) {
        final String value = values.get(name);
        return value == null ? otherwise : number(name, value, min, max);
    }

    double number(final String name, final String value, final double min, final double max) {
        final boolean fits = value.matches("\\d{1,15}(\\.\\d{1,15})?") && Double.parseDouble(value) >= min
                && Double.parseDouble(value) <= max;
        if (!fits) {
            throw error(name + " must be a number from " + trim(min) + " to " + trim(max) + ", not " + quote(value));
        }
        return Double.parseDouble(value);
    }

    long durationNs(final String name, final long minNs, final long otherwiseNs) {
        final String value = values.get(name);
        return value == null ? otherwiseNs : durationNs(name, value, minNs);
    }

    long durationNs(final String name, final String value, final long minNs) {
        final Matcher matcher = DURATION.matcher(value);
        if (matcher.matches()) {
            final long unitNs = unitNs(matcher.group(3));
            final String fraction = matcher.group(2) == null ? "" : matcher.group(2);
            final long scale = power10(fraction.length());
            final double roughNs = (double) unitNs * Long.parseLong(matcher.group(1));
            if (roughNs <= MAX_NS) {
                final long fractionNs = fraction.isEmpty() ? 0 : scaled(Long.parseLong(fraction), unitNs, scale);
                final long ns = unitNs * Long.parseLong(matcher.group(1)) + fractionNs;
                if (ns >= minNs) {
                    return ns;
                }
            }
        }
        throw error(name + " must be a time such as 10us, 2.5ms or 1s, at least " + minNs + "ns and at most a year, not"
                + " " + quote(value));
    }

    private static long scaled(final long fraction, final long unitNs, final long scale) {
        // In doubles: the product of nine digits and an hour does not fit in 64 bits.
        return Math.round((double) fraction * unitNs / scale);
    }

    private static long power10(final int digits) {
        long power = 1;
        for (int i = 0; i < digits; i++) {
            power *= 10;
        }
        return power;
    }

    private static long unitNs(final String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> throw new AssertionError("not matched by the pattern: " + unit);
        };
    }

    /** Reads CPUs such as {@code 0-3+8}: the comma of the usual form separates parameters here. */
    @Nullable CpuSet cpus(final String name) {
        final String value = values.get(name);
        if (value == null) {
            return null;
        }
        try {
            final CpuSet cpus = CpuSet.parse(value.replace('+', ','));
            if (!cpus.isEmpty()) {
                return cpus.frozen();
            }
        } catch (IllegalArgumentException e) {
            // Said below, in the words of this text.
        }
        throw error(name + " must be CPUs such as 0-3+8, not " + quote(value));
    }

    SchedulingClass schedulingClass() {
        final String value = values.getOrDefault("class", "ghost");
        return switch (value) {
            case "ghost" -> SchedulingClass.GHOST;
            case "fair" -> SchedulingClass.FAIR;
            case "rt" -> SchedulingClass.RT;
            default -> throw error("class must be ghost, fair or rt, not " + quote(value));
        };
    }

    private static String trim(final double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    WorkloadException error(final String message) {
        return new WorkloadException("workload " + quote(text) + ": " + message);
    }
}
