package org.ghosthost.kernel.schedext;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** An array of equal records in memory that the BPF program shares. Any thread; nothing allocates. */
final class RecordTable {
    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final VarHandle LONG = JAVA_LONG.varHandle();

    private final MemorySegment memory;
    private final int size;

    /** Records of {@code size} bytes. */
    RecordTable(MemorySegment memory, int size) {
        this.memory = memory;
        this.size = size;
    }

    MemorySegment memory() {
        return memory;
    }

    int getInt(int record, int field) {
        return (int) INT.getAcquire(memory, at(record, field));
    }

    void setInt(int record, int field, int value) {
        INT.setRelease(memory, at(record, field), value);
    }

    /** Later reads see what is true after this store. */
    void setIntVolatile(int record, int field, int value) {
        INT.setVolatile(memory, at(record, field), value);
    }

    int exchangeInt(int record, int field, int value) {
        return (int) INT.getAndSet(memory, at(record, field), value);
    }

    long getLong(int record, int field) {
        return (long) LONG.getAcquire(memory, at(record, field));
    }

    void setLong(int record, int field, long value) {
        LONG.setRelease(memory, at(record, field), value);
    }

    private long at(int record, int field) {
        return (long) record * size + field;
    }
}
