package org.ghosthost.kernel.schedext.probe;

/**
 * One line of the checklist.
 *
 * @param name what was looked at, in lower case: {@code btf}, {@code libbpf}
 * @param verdict how it is
 * @param text one sentence: what was found and, unless it is in order, what to do
 */
public record Finding(String name, Verdict verdict, String text) {
    /** How it is. */
    public enum Verdict {
        /** In order. */
        OK("ok"),
        /** Something works less well, or not for everybody. */
        NOTE("note"),
        /** sched_ext cannot be used. */
        FAIL("FAIL");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        /** The word in the checklist. */
        public String text() {
            return text;
        }
    }

    static Finding ok(String name, String text) {
        return new Finding(name, Verdict.OK, text);
    }

    static Finding note(String name, String text) {
        return new Finding(name, Verdict.NOTE, text);
    }

    static Finding fail(String name, String text) {
        return new Finding(name, Verdict.FAIL, text);
    }

    /** Whether sched_ext cannot be used because of this. */
    public boolean fatal() {
        return verdict == Verdict.FAIL;
    }
}
