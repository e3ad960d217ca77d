package org.ghosthost.metrics;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A protobuf message, read by the rules of the format alone. */
final class ProtoMessage {
    private record Field(int number, long value, byte[] bytes) {
    }

    private final List<Field> fields = new ArrayList<>();

    private ProtoMessage() {
    }

    /** Reads a message; anything that is none is an error. */
    static ProtoMessage parse(byte[] bytes) {
        ProtoMessage message = new ProtoMessage();
        int[] at = {0};
        while (at[0] < bytes.length) {
            long tag = varint(bytes, at);
            int number = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case 0 -> message.fields.add(new Field(number, varint(bytes, at), new byte[0]));
                case 2 -> {
                    int length = Math.toIntExact(varint(bytes, at));
                    if (length > bytes.length - at[0]) {
                        throw new AssertionError("field " + number + " is longer than its message");
                    }
                    byte[] content = new byte[length];
                    System.arraycopy(bytes, at[0], content, 0, length);
                    at[0] += length;
                    message.fields.add(new Field(number, 0, content));
                }
                default -> throw new AssertionError("wire type " + (tag & 7) + " of field " + number);
            }
        }
        return message;
    }

    boolean has(int number) {
        return fields.stream().anyMatch(f -> f.number == number);
    }

    long number(int number) {
        return field(number).orElseThrow(() -> new AssertionError("no field " + number)).value;
    }

    long numberOr(int number, long absent) {
        return field(number).map(Field::value).orElse(absent);
    }

    String text(int number) {
        byte[] bytes = field(number).orElseThrow(() -> new AssertionError("no field " + number)).bytes;
        return new String(bytes, StandardCharsets.UTF_8);
    }

    List<ProtoMessage> messages(int number) {
        return fields.stream().filter(f -> f.number == number).map(f -> parse(f.bytes)).toList();
    }

    private Optional<Field> field(int number) {
        return fields.stream().filter(f -> f.number == number).findFirst();
    }

    private static long varint(byte[] bytes, int[] at) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = bytes[at[0]++];
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new AssertionError("varint without an end");
    }
}
