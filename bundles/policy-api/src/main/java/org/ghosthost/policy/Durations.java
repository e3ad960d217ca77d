package org.ghosthost.policy;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Durations as people write them: {@code 50us}, {@code 1.5ms}, {@code 2s}, {@code inf}. */
public final class Durations {
    private static final String[] UNITS = {"ns", "us", "ms", "s", "m", "h"};
    private static final long[] NS = {1, 1_000, 1_000_000, 1_000_000_000L, 60_000_000_000L, 3_600_000_000_000L};
    private static final int LONGEST_TEXT = 32;

    private Durations() {}

    /**
     * Reads a duration of 0 ns to 292 years.
     *
     * @return ns; {@link Long#MAX_VALUE} for {@code inf}
     * @throws IllegalArgumentException if the text is none
     */
    public static long parseNs(String text) {
        if (text.equals("inf")) {
            return Long.MAX_VALUE;
        }
        int digits = 0;
        while (digits < text.length() && (Character.isDigit(text.charAt(digits)) || text.charAt(digits) == '.')) {
            digits++;
        }
        String unit = text.substring(digits);
        for (int i = 0; i < UNITS.length && digits > 0 && text.length() <= LONGEST_TEXT; i++) {
            if (UNITS[i].equals(unit)) {
                return scale(text, text.substring(0, digits), NS[i]);
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is not a duration: write a number and ns, us, ms, s, m or h, as in 10ms");
    }

    private static long scale(String text, String number, long unitNs) {
        try {
            return new BigDecimal(number)
                    .multiply(BigDecimal.valueOf(unitNs))
                    .setScale(0, RoundingMode.HALF_UP)
                    .longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not a duration that can be counted in ns", e);
        }
    }

    /** The shortest exact text, as {@code 1500us}. */
    public static String toString(long ns) {
        if (ns == Long.MAX_VALUE) {
            return "inf";
        }
        for (int i = 3; i > 0; i--) {
            if (ns != 0 && ns % NS[i] == 0) {
                return ns / NS[i] + UNITS[i];
            }
        }
        return ns + UNITS[0];
    }
}
