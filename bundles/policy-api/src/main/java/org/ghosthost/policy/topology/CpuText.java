package org.ghosthost.policy.topology;

/** The two texts in which Linux writes sets of CPUs: the list {@code "0-3,8"} and the mask {@code "1,0000000f"}. */
final class CpuText {
    private static final int DIGITS_PER_GROUP = 8;
    private static final int MAX_GROUPS = CpuSet.MAX_CPUS / Integer.SIZE;
    private static final int MAX_QUOTED_CHARS = 60;

    private CpuText() {
    }

    static CpuSet parseList(final String text, final int cpuCount) {
        if (cpuCount < 1 || cpuCount > CpuSet.MAX_CPUS) {
            throw new IllegalArgumentException("number of CPUs must be 1 to " + CpuSet.MAX_CPUS + ": " + cpuCount);
        }
        final CpuSet set = new CpuSet();
        final String list = text.strip();
        int start = 0;
        while (!list.isEmpty() && start <= list.length()) {
            final int comma = list.indexOf(',', start);
            final int end = comma < 0 ? list.length() : comma;
            addItem(set, list.substring(start, end), text, cpuCount);
            start = end + 1;
        }
        return set;
    }

    private static void addItem(final CpuSet set, final String item, final String text, final int cpuCount) {
        final int dash = item.indexOf('-');
        if (dash < 0) {
            set.add(cpu(item, item, text, cpuCount));
            return;
        }
        final int first = cpu(item.substring(0, dash), item, text, cpuCount);
        final int last = cpu(item.substring(dash + 1), item, text, cpuCount);
        if (first > last) {
            throw badList(text, "range " + item + " runs backwards");
        }
        set.addRange(first, last);
    }

    private static int cpu(final String digits, final String item, final String text, final int cpuCount) {
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw badList(text, item.isEmpty() ? "a CPU is missing at a comma"
                    : "\"" + quotable(item) + "\" is neither a CPU nor a range of CPUs");
        }
        final String significant = digits.replaceFirst("^0+(?=.)", "");
        // Five digits are out of range already, and more could overflow an int.
        if (significant.length() > 4 || Integer.parseInt(significant) >= cpuCount) {
            throw badList(text, "CPU " + quotable(significant) + " is out of range 0-" + (cpuCount - 1));
        }
        return Integer.parseInt(significant);
    }

    static CpuSet parseMask(final String text) {
        final String mask = text.strip();
        final CpuSet set = new CpuSet();
        int end = mask.length();
        for (int group = 0; end >= 0; group++) {
            final int comma = mask.lastIndexOf(',', end - 1);
            addGroup(set, group, mask.substring(comma + 1, end), text);
            end = comma;
        }
        return set;
    }

    private static void addGroup(final CpuSet set, final int group, final String digits, final String text) {
        if (digits.isEmpty()) {
            throw badMask(text, "hexadecimal digits are missing");
        }
        if (!digits.chars().allMatch(CpuText::isHex)) {
            throw badMask(text, "\"" + quotable(digits) + "\" is not hexadecimal");
        }
        if (digits.length() > DIGITS_PER_GROUP) {
            throw badMask(text, "more than " + DIGITS_PER_GROUP + " digits stand together, a comma is missing");
        }
        final long bits = Long.parseLong(digits, 16);
        if (group >= MAX_GROUPS) {
            if (bits != 0) {
                throw badMask(text, "it names CPUs beyond " + (CpuSet.MAX_CPUS - 1));
            }
            return;
        }
        final int word = group / 2;
        set.setWord(word, set.word(word) | bits << (group % 2 * Integer.SIZE));
    }

    private static boolean isHex(final int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    static String formatList(final CpuSet set) {
        final StringBuilder text = new StringBuilder();
        int first = set.first();
        while (first >= 0) {
            int last = first;
            while (set.contains(last + 1)) {
                last++;
            }
            text.append(text.isEmpty() ? "" : ",").append(first);
            if (last > first) {
                text.append('-').append(last);
            }
            first = set.next(last + 1);
        }
        return text.toString();
    }

    static String formatMask(final CpuSet set) {
        final int groups = Math.max(set.last(), 0) / Integer.SIZE + 1;
        final StringBuilder text = new StringBuilder();
        for (int group = groups - 1; group >= 0; group--) {
            final String digits = Integer.toHexString((int) (set.word(group / 2) >>> (group % 2 * Integer.SIZE)));
            if (!text.isEmpty()) {
                text.append(',').repeat('0', DIGITS_PER_GROUP - digits.length());
            }
            text.append(digits);
        }
        return text.toString();
    }

    private static IllegalArgumentException badList(final String text, final String why) {
        return new IllegalArgumentException("bad CPU list \"" + quotable(text.strip()) + "\": " + why);
    }

    private static IllegalArgumentException badMask(final String text, final String why) {
        return new IllegalArgumentException("bad CPU mask \"" + quotable(text.strip()) + "\": " + why);
    }

    /** Makes foreign text fit for a message on a terminal: short, and without control characters. */
    static String quotable(final String text) {
        final String head = text.length() <= MAX_QUOTED_CHARS ? text : text.substring(0, MAX_QUOTED_CHARS) + "...";
        return head.replaceAll("\\p{C}", "?");
    }
}
