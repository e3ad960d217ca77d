package org.ghosthost.simulate;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as people read them. */
final class Units {
    private static final String[] TIMES = {"ns", "us", "ms", "s"};
    private static final String[] COUNTS = {"", "k", "M", "G", "T"};
    private static final MathContext THREE_DIGITS = new MathContext(3, RoundingMode.HALF_UP);

    private Units() {
    }

    /** Three significant digits and a unit, as {@code 12.3us}; {@code -} for what is not known. */
    static String time(long ns) {
        return ns < 0 ? "-" : scaled(ns, TIMES);
    }

    /** Three significant digits, as {@code 4.25M}. */
    static String count(double count) {
        return scaled(Math.max(0, Math.round(count)), COUNTS);
    }

    /** A share of 0 to 1 as percent. */
    static String percent(double share) {
        if (share == 0) {
            return "0 %";
        }
        BigDecimal percent = BigDecimal.valueOf(100 * share).round(new MathContext(2, RoundingMode.HALF_UP));
        return percent.stripTrailingZeros().toPlainString() + " %";
    }

    private static String scaled(long value, String[] units) {
        BigDecimal rest = BigDecimal.valueOf(value).round(THREE_DIGITS);
        int unit = 0;
        while (unit < units.length - 1 && rest.compareTo(BigDecimal.valueOf(1000)) >= 0) {
            rest = rest.movePointLeft(3);
            unit++;
        }
        return (rest.signum() == 0 ? "0" : rest.stripTrailingZeros().toPlainString()) + units[unit];
    }
}
