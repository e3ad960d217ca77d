package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The system call {@code bpf}, as far as no library is needed for it. Control operations; any thread. */
public final class Bpf {
    /** Map type: an array. */
    public static final int ARRAY = 2;
    /** Map type: a ring buffer, whose entries are bytes. */
    public static final int RING_BUFFER = 27;
    /** Map flag: the values can be mapped into memory. */
    public static final int MAPPABLE = 1 << 10;
    /** Map flag: an array that may stand in a map of maps beside others with another number of entries. */
    public static final int INNER = 1 << 12;

    private static final int MAP_CREATE = 0;
    private static final int MAP_LOOKUP = 1;
    private static final int MAP_UPDATE = 2;
    private static final int MAP_DELETE = 3;
    private static final int OBJ_PIN = 6;
    private static final int OBJ_GET = 7;
    private static final int OBJ_INFO = 15;
    private static final int ATTRIBUTE_BYTES = 128;
    private static final int NAME_OFFSET = 28;
    private static final int MAX_NAME = 15;
    private static final int MAP_INFO_BYTES = 80;
    private static final int MAP_INFO_FLAGS = 20;

    private Bpf() {}

    /** Makes a map. */
    public static FileDescriptor createMap(
            String name, int type, int keyBytes, int valueBytes, int entries, int flags) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            int[] fields = {type, keyBytes, valueBytes, entries, flags};
            for (int i = 0; i < fields.length; i++) {
                attribute.setAtIndex(JAVA_INT, i, fields[i]);
            }
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            MemorySegment.copy(text, 0, attribute, JAVA_BYTE, NAME_OFFSET, Math.min(text.length, MAX_NAME));
            long number = call(MAP_CREATE, attribute);
            return new FileDescriptor((int) Caller.checked(number,
                    "cannot make the BPF map " + name + " of " + entries + " entries"));
        }
    }

    /** Puts a map into a slot of a map of maps. */
    public static void setInner(FileDescriptor outer, int slot, FileDescriptor inner) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keyAndValue = arena.allocate(2 * Integer.BYTES, Long.BYTES);
            keyAndValue.setAtIndex(JAVA_INT, 0, slot);
            keyAndValue.setAtIndex(JAVA_INT, 1, inner.number());
            MemorySegment attribute = element(arena, outer, keyAndValue.address(),
                    keyAndValue.address() + Integer.BYTES);
            Caller.checked(call(MAP_UPDATE, attribute), "cannot put a map into slot " + slot + " of a map of maps");
        }
    }

    /** Takes the map out of a slot of a map of maps; fine if there is none. */
    public static void clearInner(FileDescriptor outer, int slot) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocate(Integer.BYTES, Long.BYTES);
            key.set(JAVA_INT, 0, slot);
            call(MAP_DELETE, element(arena, outer, key.address(), 0));
        }
    }

    /** Copies the value of an entry of an array into {@code value}. */
    public static void read(FileDescriptor map, int index, MemorySegment value) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocate(Integer.BYTES, Long.BYTES);
            key.set(JAVA_INT, 0, index);
            Caller.checked(call(MAP_LOOKUP, element(arena, map, key.address(), value.address())),
                    "cannot read entry " + index + " of a BPF map");
        }
    }

    private static MemorySegment element(Arena arena, FileDescriptor map, long key, long value) {
        MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
        attribute.set(JAVA_INT, 0, map.number());
        attribute.set(JAVA_LONG, Long.BYTES, key);
        attribute.set(JAVA_LONG, 2 * Long.BYTES, value);
        return attribute;
    }

    /** The flags that a map was made with. */
    public static int mapFlags(FileDescriptor map) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(MAP_INFO_BYTES, Long.BYTES);
            MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            attribute.set(JAVA_INT, 0, map.number());
            attribute.set(JAVA_INT, Integer.BYTES, MAP_INFO_BYTES);
            attribute.set(JAVA_LONG, Long.BYTES, info.address());
            Caller.checked(call(OBJ_INFO, attribute), "cannot ask for the properties of a BPF map");
            return info.get(JAVA_INT, MAP_INFO_FLAGS);
        }
    }

    /** Keeps a map, a program or a link alive under a path of bpffs, whoever closes it. */
    public static void pin(FileDescriptor object, Path path) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            attribute.set(JAVA_LONG, 0, arena.allocateFrom(path.toString()).address());
            attribute.set(JAVA_INT, Long.BYTES, object.number());
            Caller.checked(call(OBJ_PIN, attribute), "cannot pin " + path);
        }
    }

    /** Opens what was pinned. */
    public static FileDescriptor open(Path path) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            attribute.set(JAVA_LONG, 0, arena.allocateFrom(path.toString()).address());
            return new FileDescriptor((int) Caller.checked(call(OBJ_GET, attribute), "cannot open " + path));
        }
    }

    private static long call(int command, MemorySegment attribute) {
        return Caller.current().call(SystemCall.BPF, command, attribute.address(), ATTRIBUTE_BYTES);
    }
}
