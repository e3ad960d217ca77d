package org.ghosthost.metrics;

import java.nio.charset.StandardCharsets;

/**
 * Writes protobuf messages into a fixed buffer. Messages inside of messages are opened by {@link #begin} and closed by
 * {@link #end}; the length is written when it is known. Allocates for texts only.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Protocol Buffers, encoding</a>
 */
final class ProtoBuffer {
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;
    private static final int MAX_DEPTH = 8;

    private final byte[] bytes;
    private final int[] starts = new int[MAX_DEPTH];
    private int depth;
    private int size;

    ProtoBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    byte[] bytes() {
        return bytes;
    }

    int size() {
        return size;
    }

    int free() {
        return bytes.length - size;
    }

    void clear() {
        size = 0;
    }

    /** Writes an integer that is not negative. */
    void number(int field, long value) {
        varint((long) field << 3 | VARINT);
        varint(value);
    }

    void text(int field, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        varint((long) field << 3 | LENGTH_DELIMITED);
        varint(utf8.length);
        System.arraycopy(utf8, 0, bytes, size, utf8.length);
        size += utf8.length;
    }

    /** Opens a message inside of the present one. */
    void begin(int field) {
        varint((long) field << 3 | LENGTH_DELIMITED);
        starts[depth++] = size;
        size++; // most messages are shorter than 128 bytes: their length takes one
    }

    /** Closes the message that was opened last. */
    void end() {
        int start = starts[--depth];
        int length = size - start - 1;
        int more = varintBytes(length) - 1;
        if (more > 0) {
            System.arraycopy(bytes, start + 1, bytes, start + 1 + more, length);
        }
        size = start;
        varint(length);
        size += length;
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    private static int varintBytes(int value) {
        return value == 0 ? 1 : (38 - Integer.numberOfLeadingZeros(value)) / 7;
    }
}
