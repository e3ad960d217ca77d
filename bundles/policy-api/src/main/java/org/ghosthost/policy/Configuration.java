package org.ghosthost.policy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The checked, read-only configuration of a policy. */
public final class Configuration {
    private final Map<String, Long> values;

    private Configuration(Map<String, Long> values) {
        this.values = values;
    }

    /**
     * Reads {@code given} as {@code keys} say.
     *
     * @throws IllegalArgumentException with the key, for an unknown key or a value out of its range
     */
    public static Configuration of(List<ConfigKey> keys, Map<String, String> given) {
        Map<String, Long> values = new LinkedHashMap<>();
        for (ConfigKey key : keys) {
            values.put(key.name(), parse(key, given.getOrDefault(key.name(), key.defaultValue())));
        }
        for (String name : given.keySet()) {
            if (!values.containsKey(name)) {
                throw new IllegalArgumentException(
                        "unknown configuration key '" + name + "': the policy has " + values.keySet());
            }
        }
        return new Configuration(values);
    }

    /** A whole number. */
    public long integer(String name) {
        return value(name);
    }

    /** A duration, ns; {@link Long#MAX_VALUE} = without end. */
    public long durationNs(String name) {
        return value(name);
    }

    /** Yes or no. */
    public boolean bool(String name) {
        return value(name) != 0;
    }

    private long value(String name) {
        Long value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("not a configuration key of this policy: '" + name + "'");
        }
        return value;
    }

    private static long parse(ConfigKey key, String text) {
        long value;
        try {
            value = switch (key.kind()) {
                case INTEGER -> Long.parseLong(text.strip());
                case DURATION -> Durations.parseNs(text.strip());
                case BOOLEAN -> parseBoolean(text.strip());
            };
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("configuration key '" + key.name() + "': " + e.getMessage(), e);
        }
        if (value < key.min() || value > key.max()) {
            throw new IllegalArgumentException("configuration key '" + key.name() + "': " + text
                    + " is out of range " + key.min() + ".." + key.max());
        }
        return value;
    }

    private static long parseBoolean(String text) {
        return switch (text) {
            case "true", "1" -> 1;
            case "false", "0" -> 0;
            default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
        };
    }
}
