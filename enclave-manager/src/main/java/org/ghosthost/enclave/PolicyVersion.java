package org.ghosthost.enclave;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Version of a policy release, with the order of OSGi versions: three numbers, then the qualifier as text. */
public record PolicyVersion(int major, int minor, int micro, String qualifier) implements Comparable<PolicyVersion> {
    private static final Pattern TEXT =
            Pattern.compile("(\\d{1,9})(?:\\.(\\d{1,9})(?:\\.(\\d{1,9})(?:\\.([0-9A-Za-z_-]+))?)?)?");
    private static final Comparator<PolicyVersion> ORDER = Comparator.comparingInt(PolicyVersion::major)
            .thenComparingInt(PolicyVersion::minor)
            .thenComparingInt(PolicyVersion::micro)
            .thenComparing(PolicyVersion::qualifier);

    /** Reads {@code 1}, {@code 1.2}, {@code 1.2.3} or {@code 1.2.3.qualifier}. */
    public static PolicyVersion parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a version: write it as in 1.2.0");
        }
        return new PolicyVersion(number(matcher.group(1)), number(matcher.group(2)), number(matcher.group(3)),
                matcher.group(4) == null ? "" : matcher.group(4));
    }

    private static int number(@org.jspecify.annotations.Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    @Override
    public int compareTo(PolicyVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + micro + (qualifier.isEmpty() ? "" : "." + qualifier);
    }
}
