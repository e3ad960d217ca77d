package org.ghosthost.kernel.schedext;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.ProgramRun;
import org.ghosthost.policy.abi.MessageLayout;

/**
 * A BPF program of a few instructions that puts its context into a ring buffer, some times in a row. Runs on every
 * kernel that has BPF, without sched_ext.
 */
final class RingProducer {
    static final int NO_WAKEUP = 1;
    static final int FORCE_WAKEUP = 2;

    private static final int SYSCALL_BPF = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
    private static final int PROG_LOAD = 5;
    private static final int TYPE_SYSCALL = 31;
    private static final int SLEEPABLE = 1 << 4;
    private static final int ATTRIBUTE_BYTES = 128;
    private static final int RINGBUF_OUTPUT = 130;
    private static final int INSTRUCTION = 8;

    private final ProgramRun run = new ProgramRun(MessageLayout.SIZE);
    private final int program;

    /** Loads it; {@link #isPossible} says whether that is allowed here. */
    RingProducer(FileDescriptor ring, int recordsPerRun, int flags) {
        program = load(ring.number(), recordsPerRun, flags);
    }

    /** Whether BPF programs can be loaded by this process. */
    boolean isPossible() {
        return program >= 0;
    }

    /** The message that the next runs produce. */
    MemorySegment message() {
        return run.context();
    }

    /** Produces; 0, or {@code -errno} of the last record. */
    int produce() {
        return run.run(program);
    }

    @SuppressWarnings("restricted") // a test that loads a program of its own
    private static int load(int ring, int records, int flags) {
        byte[] code = code(ring, records, flags);
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle syscall = Linker.nativeLinker().downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("syscall").orElseThrow(),
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
            MemorySegment attribute = arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            attribute.set(JAVA_INT, 0, TYPE_SYSCALL);
            attribute.set(JAVA_INT, 4, code.length / INSTRUCTION);
            attribute.set(JAVA_LONG, 8, arena.allocateFrom(ValueLayout.JAVA_BYTE, code).address());
            attribute.set(JAVA_LONG, 16, arena.allocateFrom("GPL").address());
            attribute.set(JAVA_INT, 44, SLEEPABLE);
            return (int) (long) syscall.invokeExact(
                    (long) SYSCALL_BPF, (long) PROG_LOAD, attribute.address(), (long) ATTRIBUTE_BYTES);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private static byte[] code(int ring, int records, int flags) {
        int words = MessageLayout.SIZE / Long.BYTES;
        ByteBuffer code = ByteBuffer.allocate((2 * words + 1 + 7 * records) * INSTRUCTION)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int word = 0; word < words; word++) { // what a helper reads has to be on the stack
            instruction(code, 0x79, 3, 1, word * Long.BYTES, 0); // r3 = a word of the context
            instruction(code, 0x7b, 10, 3, (word - words) * Long.BYTES, 0);
        }
        for (int i = 0; i < records; i++) {
            instruction(code, 0x18, 1, 1, 0, ring); // r1 = the map of this file
            instruction(code, 0, 0, 0, 0, 0);
            instruction(code, 0xbf, 2, 10, 0, 0); // r2 = the copy
            instruction(code, 0x07, 2, 0, 0, -MessageLayout.SIZE);
            instruction(code, 0xb7, 3, 0, 0, MessageLayout.SIZE);
            instruction(code, 0xb7, 4, 0, 0, flags);
            instruction(code, 0x85, 0, 0, 0, RINGBUF_OUTPUT);
        }
        instruction(code, 0x95, 0, 0, 0, 0); // return r0
        return code.array();
    }

    private static void instruction(ByteBuffer code, int operation, int to, int from, int offset, int value) {
        code.put((byte) operation).put((byte) (to | from << 4)).putShort((short) offset).putInt(value);
    }
}
