package org.ghosthost.workload.json;

import java.util.List;

/** A value of a file and where it begins; lines and columns count from 1. */
public sealed interface JsonValue {

    /** Returns the line of the first character. */
    int line();

    /** Returns the column of the first character. */
    int column();

    /** Returns what the value is, for a sentence: "an object", "a text". */
    String kind();

    /** An object; a name may occur more than once, and the order is the file's. */
    record ObjectValue(int line, int column, List<Member> members) implements JsonValue {
        @Override
        public String kind() {
            return "an object";
        }
    }

    /** A list of values. */
    record ListValue(int line, int column, List<JsonValue> elements) implements JsonValue {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A text. */
    record TextValue(int line, int column, String text) implements JsonValue {
        @Override
        public String kind() {
            return "a text";
        }
    }

    /** A whole number. */
    record WholeValue(int line, int column, long number) implements JsonValue {
        @Override
        public String kind() {
            return "a number";
        }
    }

    /** A number with a fraction or an exponent. */
    record FractionValue(int line, int column, String text) implements JsonValue {
        @Override
        public String kind() {
            return "the fraction " + text;
        }
    }

    /** True or false. */
    record BoolValue(int line, int column, boolean value) implements JsonValue {
        @Override
        public String kind() {
            return "true or false";
        }
    }

    /** The word null, or a member that has a name only. */
    record NullValue(int line, int column) implements JsonValue {
        @Override
        public String kind() {
            return "nothing";
        }
    }

    /** A member of an object; the position is that of its name. */
    record Member(int line, int column, String name, JsonValue value) {
    }
}
