package org.ghosthost.kernel.schedext.probe;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes small BTF blobs. */
final class BtfWriter {
    private final ByteArrayOutputStream types = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private int nextId = 1;

    BtfWriter() {
        strings.write(0);
    }

    /** A kernel that has everything, apart from {@code changed} functions: a number of parameters, or -1 for none. */
    static byte[] kernel(Map<String, Integer> changed) {
        BtfWriter writer = new BtfWriter().integer("int").struct("task_struct", 3).struct("sched_ext_ops", 2);
        Kfuncs.known().forEach((name, count) -> {
            int parameters = changed.getOrDefault(name, count);
            if (parameters >= 0) {
                writer.function(name, parameters);
            }
        });
        return writer.blob();
    }

    BtfWriter integer(String name) {
        return type(name, 1, 0, 0, 4, 32);
    }

    BtfWriter struct(String name, int members) {
        return type(name, 4, members, 0, 8 * members, new int[3 * members]);
    }

    BtfWriter function(String name, int parameters) {
        type("", 13, parameters, 0, 0, new int[2 * parameters]);
        return type(name, 12, 1, 0, nextId - 1);
    }

    BtfWriter enumeration(boolean signed, String name, int value) {
        return type("", 6, 1, signed ? 1 : 0, 4, string(name), value);
    }

    BtfWriter wideEnumeration(String name, long value) {
        return type("", 19, 1, 0, 8, string(name), (int) value, (int) (value >>> Integer.SIZE));
    }

    BtfWriter type(String name, int kind, int count, int flag, int sizeOrType, int... rest) {
        ByteBuffer record = ByteBuffer.allocate(12 + 4 * rest.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(name.isEmpty() ? 0 : string(name)).putInt(flag << 31 | kind << 24 | count).putInt(sizeOrType);
        for (int word : rest) {
            record.putInt(word);
        }
        types.writeBytes(record.array());
        nextId++;
        return this;
    }

    private int string(String text) {
        int offset = strings.size();
        strings.writeBytes((text + "\0").getBytes(StandardCharsets.UTF_8));
        return offset;
    }

    byte[] blob() {
        ByteBuffer blob = ByteBuffer.allocate(24 + types.size() + strings.size()).order(ByteOrder.LITTLE_ENDIAN);
        blob.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24);
        blob.putInt(0).putInt(types.size()).putInt(types.size()).putInt(strings.size());
        return blob.put(types.toByteArray()).put(strings.toByteArray()).array();
    }
}
