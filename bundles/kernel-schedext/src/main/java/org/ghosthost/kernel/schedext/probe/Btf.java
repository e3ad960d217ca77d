package org.ghosthost.kernel.schedext.probe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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
    /** Longer than any name in a kernel; the end of a name that is not terminated. */
    private static final int MAX_NAME_BYTES = 512;

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

    private final ByteBuffer bytes;
    private final int strings;
    private final int stringsEnd;
    private final Map<Integer, Integer> parametersOfPrototypes = new HashMap<>();
    private final Map<String, Integer> prototypesOfFunctions = new HashMap<>();
    private final Map<String, Integer> structures = new HashMap<>();
    private final Map<String, Long> enumerators = new HashMap<>();

    private Btf(ByteBuffer bytes, int strings, int stringsEnd) {
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

    static Btf parse(byte[] blob) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (Short.toUnsignedInt(bytes.getShort(0)) != MAGIC || bytes.get(2) != 1) {
                throw new IOException("it is no BTF of version 1");
            }
            int start = bytes.getInt(4);
            int types = start + bytes.getInt(8);
            int strings = start + bytes.getInt(16);
            int stringsEnd = strings + bytes.getInt(20);
            if (start < HEADER_BYTES || types < start || strings < start || stringsEnd < strings
                    || stringsEnd > blob.length) {
                throw new IOException("its header is damaged");
            }
            Btf btf = new Btf(bytes, strings, stringsEnd);
            btf.readTypes(types, types + bytes.getInt(12));
            return btf;
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("it ends in the middle", e);
        }
    }

    private void readTypes(int from, int to) throws IOException {
        int id = 1;
        for (int at = from; at < to; id++) {
            int info = bytes.getInt(at + 4);
            int kind = info >>> 24 & 0x1f;
            int count = info & 0xffff;
            int rest = at + TYPE_BYTES;
            switch (kind) {
                case STRUCT -> structures.putIfAbsent(name(at), count);
                case FUNC -> prototypesOfFunctions.putIfAbsent(name(at), bytes.getInt(at + 8));
                case FUNC_PROTO -> parametersOfPrototypes.put(id, count);
                case ENUM, ENUM64 -> readEnumerators(rest, count, kind == ENUM64, info < 0);
                default -> { }
            }
            at = rest + restBytes(kind, count);
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

    private void readEnumerators(int at, int count, boolean wide, boolean signed) {
        int stride = wide ? 12 : 8;
        for (int i = 0; i < count; i++) {
            int entry = at + i * stride;
            long low = bytes.getInt(entry + 4);
            long unsigned = low & 0xffff_ffffL;
            long value = wide ? unsigned | ((long) bytes.getInt(entry + 8) << Integer.SIZE) : signed ? low : unsigned;
            enumerators.putIfAbsent(name(entry), value);
        }
    }

    private String name(int at) {
        int offset = bytes.getInt(at);
        int from = strings + offset;
        if (offset < 0 || from >= stringsEnd) {
            throw new IndexOutOfBoundsException(from);
        }
        int to = from;
        int limit = Math.min(stringsEnd, from + MAX_NAME_BYTES);
        while (to < limit && bytes.get(to) != 0) {
            to++;
        }
        byte[] name = new byte[to - from];
        bytes.get(from, name);
        return new String(name, StandardCharsets.UTF_8);
    }

    /** Number of parameters of a function; empty if there is none of this name. */
    public OptionalInt parameters(String function) {
        Integer prototype = prototypesOfFunctions.get(function);
        Integer count = prototype == null ? null : parametersOfPrototypes.get(prototype);
        return count == null ? OptionalInt.empty() : OptionalInt.of(count);
    }

    /** Whether there is a structure of this name. */
    public boolean hasStruct(String name) {
        return structures.containsKey(name);
    }

    /** Value of an enumerator, such as {@code SCX_ENQ_HEAD}; empty if there is none of this name. */
    public OptionalLong enumerator(String name) {
        Long value = enumerators.get(name);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
