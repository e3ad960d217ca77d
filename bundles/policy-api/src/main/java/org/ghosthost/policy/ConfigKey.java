package org.ghosthost.policy;

/**
 * One thing that can be configured.
 *
 * @param name lower case, words joined by {@code _}
 * @param kind how its text is read
 * @param defaultValue text that is used when nothing is given
 * @param min smallest value (numbers, durations in ns)
 * @param max largest value (numbers, durations in ns)
 * @param description one sentence for people
 */
public record ConfigKey(String name, Kind kind, String defaultValue, long min, long max, String description) {
    /** How a text is read. */
    public enum Kind {
        /** A whole number. */
        INTEGER,
        /** A time such as {@code 50us}, {@code 1ms}, {@code 2s}; {@code inf} = without end. */
        DURATION,
        /** {@code true} or {@code false}. */
        BOOLEAN
    }

    /** A whole number from {@code min} to {@code max}. */
    public static ConfigKey integer(String name, long defaultValue, long min, long max, String description) {
        return new ConfigKey(name, Kind.INTEGER, Long.toString(defaultValue), min, max, description);
    }

    /** A duration of at least 1 ns. */
    public static ConfigKey duration(String name, String defaultValue, String description) {
        return new ConfigKey(name, Kind.DURATION, defaultValue, 1, Long.MAX_VALUE, description);
    }

    /** Yes or no. */
    public static ConfigKey bool(String name, boolean defaultValue, String description) {
        return new ConfigKey(name, Kind.BOOLEAN, Boolean.toString(defaultValue), 0, 1, description);
    }
}
