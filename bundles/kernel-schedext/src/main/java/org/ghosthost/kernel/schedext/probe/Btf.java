package org.ghosthost.kernel.schedext.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The part of a BTF blob that tells whether a BPF program fits to a kernel: functions with the number of their
 * parameters, the names of structures, and the values of enumerators. Little endian, format version 1.
 *
 * <pre>
 *  header   0        2     3      4              8              12             16             20
 *           +--------+-----+------+--------------+--------------+--------------+--------------+--------------+
 *        0  | 0xeb9f | vers| flags| hdr_len      | type_off     | type_len     | str_off      | str_len      |
 *           +--------+-----+------+--------------+--------------+--------------+--------------+--------------+
 *  type     0              4                     8                     12
 *           +--------------+---------------------+---------------------+--------- - -
 *           | name_off     | info: kind, vlen    | size or type        | by kind and vlen
 *           +--------------+---------------------+---------------------+--------- - -
 * </pre>
 *
 * Offsets in the header count from its end. The first type has the number 1.
 */
public final class Btf {
    private static final int MAGIC = 0xeb9f;
    private static final int HEADER_BYTES = 24;
    private static final int TYPE_BYTES = 12;
    /** Ten times what the largest distribution kernel has. */
    private static final long MAX_BYTES = 64L << 20;

    private static final int INT = 1;
    private static final int ARRAY = 3;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int FUNC = 12;
    private static final int FUNC_PROTO = 13;
    private static final int VAR = 14;
    private static final int DATASEC = 15;
    private static final int DECL_TAG = 17;
    private static final int ENUM64 = 19;

    /** The blob. An array, and no name becomes a string: this is read once, by code that is not compiled yet. */
    private final byte[] bytes;
    private final int strings;
    private final int stringsEnd;
    /** Where the types of a sort begin. */
    private final Places functions = new Places();
    private final Places structures = new Places();
    private final Places enumerations = new Places();
    /** Where each type begins, by its number less one. */
    private final Places types = new Places();

    /** A list of offsets. */
    private static final class Places {
        private int[] offsets = new int[1024];
        private int size;

        private void add(int offset) {
            if (size == offsets.length) {
                offsets = Arrays.copyOf(offsets, 2 * size);
            }
            offsets[size++] = offset;
        }
    }

    private Btf(byte[] bytes, int strings, int stringsEnd) {
        this.bytes = bytes;
        this.strings = strings;
        this.stringsEnd = stringsEnd;
    }

    /**
     * Reads a blob, such as {@code /sys/kernel/btf/vmlinux}.
     *
     * @throws IOException if it cannot be read, is no BTF, or is damaged; the message is one sentence
     */
    public static Btf read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
        }
        return parse(Files.readAllBytes(file));
    }

    static Btf parse(byte[] bytes) throws IOException {
        try {
            if ((intAt(bytes, 0) & 0xffff) != MAGIC || bytes[2] != 1) {
                throw new IOException("it is no BTF of version 1");
            }
            int start = intAt(bytes, 4);
            int types = start + intAt(bytes, 8);
            int strings = start + intAt(bytes, 16);
            int stringsEnd = strings + intAt(bytes, 20);
            if (start < HEADER_BYTES || types < start || strings < start || stringsEnd <= strings
                    || stringsEnd > bytes.length || bytes[stringsEnd - 1] != 0) {
                throw new IOException("its header is damaged");
            }
            Btf btf = new Btf(bytes, strings, stringsEnd);
            btf.readTypes(types, types + intAt(bytes, 12));
            return btf;
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("it ends in the middle", e);
        }
    }

    private void readTypes(int from, int to) throws IOException {
        int at = from;
        while (at < to) {
            types.add(at);
            int kind = kind(at);
            switch (kind) {
                case STRUCT -> structures.add(at);
                case FUNC -> functions.add(at);
                case ENUM, ENUM64 -> enumerations.add(at);
                default -> { }
            }
            at += TYPE_BYTES + restBytes(kind, count(at));
        }
        if (at > bytes.length) {
            throw new IndexOutOfBoundsException(at);
        }
    }

    private static int restBytes(int kind, int count) throws IOException {
        return switch (kind) {
            case INT, VAR, DECL_TAG -> 4;
            case ARRAY -> 12;
            case STRUCT, UNION, DATASEC, ENUM64 -> 12 * count;
            case ENUM, FUNC_PROTO -> 8 * count;
            case 2, 7, 8, 9, 10, 11, FUNC, 16, 18 -> 0;
            default -> throw new IOException("it has types of the unknown kind " + kind);
        };
    }

    private int kind(int type) {
        return bytes[type + 7] & 0x1f;
    }

    private int count(int type) {
        return intAt(bytes, type + 4) & 0xffff;
    }

    /** An integer of four bytes, as the interpreter has it fastest. */
    private static int intAt(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | ((bytes[at + 1] & 0xff) << 8) | ((bytes[at + 2] & 0xff) << 16)
                | (bytes[at + 3] << 24);
    }

    /** Whether the name that stands at a place is this one. */
    private boolean isNamed(int at, byte[] name) {
        int offset = intAt(bytes, at);
        if (offset < 0 || offset >= stringsEnd - strings - name.length) {
            return false;
        }
        int from = strings + offset;
        int to = from + name.length;
        return bytes[to] == 0 && Arrays.equals(bytes, from, to, name, 0, name.length);
    }

    /** The first type of a sort that has this name; -1 if there is none. */
    private int find(Places places, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < places.size; i++) {
            if (isNamed(places.offsets[i], wanted)) {
                return places.offsets[i];
            }
        }
        return -1;
    }

    /** Number of parameters of a function; empty if there is none of this name. */
    public OptionalInt parameters(String function) {
        int type = find(functions, function);
        int prototype = type < 0 ? 0 : intAt(bytes, type + 8);
        if (prototype < 1 || prototype > types.size || kind(types.offsets[prototype - 1]) != FUNC_PROTO) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(count(types.offsets[prototype - 1]));
    }

    /** Whether there is a structure of this name. */
    public boolean hasStruct(String name) {
        return find(structures, name) >= 0;
    }

    /** Value of an enumerator, such as {@code SCX_ENQ_HEAD}; empty if there is none of this name. */
    public OptionalLong enumerator(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < enumerations.size; i++) {
            int type = enumerations.offsets[i];
            boolean wide = kind(type) == ENUM64;
            int entry = type + TYPE_BYTES;
            for (int left = count(type); left > 0; left--) {
                if (isNamed(entry, wanted)) {
                    return OptionalLong.of(value(entry, wide, intAt(bytes, type + 4) < 0));
                }
                entry += wide ? 12 : 8;
            }
        }
        return OptionalLong.empty();
    }

    private long value(int entry, boolean wide, boolean signed) {
        long low = intAt(bytes, entry + 4);
        long unsigned = low & 0xffff_ffffL;
        return wide ? unsigned | ((long) intAt(bytes, entry + 8) << Integer.SIZE) : signed ? low : unsigned;
    }
}
