package org.ghosthost.policy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.SIZE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.ghosthost.policy.abi.StatusWordLayout;

/**
 * The status words of an enclave: what the kernel side says of each task at this moment, by index. Any thread may
 * read; a value can be newer than the messages that the reader has seen.
 */
public final class StatusWords {
    private static final VarHandle INT = JAVA_INT.varHandle();

    private final MemorySegment memory;
    private final int capacity;

    /** A view on {@code memory}, which holds whole status words from its start. */
    public StatusWords(MemorySegment memory) {
        this.memory = memory;
        capacity = Math.toIntExact(memory.byteSize() / SIZE);
    }

    /** Number of slots. */
    public int capacity() {
        return capacity;
    }

    /** Number of messages of the task so far; pairs with the kernel's release, so that what precedes it is visible. */
    public int barrier(int index) {
        return (int) INT.getAcquire(memory, (long) index * SIZE + StatusWordLayout.BARRIER);
    }

    /** The {@code StatusWordLayout.FLAG_...} bits; acquire, as {@link #barrier}. */
    public int flags(int index) {
        return (int) INT.getAcquire(memory, (long) index * SIZE + StatusWordLayout.FLAGS);
    }

    /** Whether the slot belongs to a living task (not an agent) of the enclave. */
    public boolean isTask(int index) {
        return (flags(index) & (FLAG_IN_USE | FLAG_CAN_FREE | FLAG_IS_AGENT)) == FLAG_IN_USE;
    }

    /** Whether the task is on a CPU, or has not yet left it for good. */
    public boolean onCpu(int index) {
        return (flags(index) & FLAG_ON_CPU) != 0;
    }

    /** Whether the task can run. */
    public boolean runnable(int index) {
        return (flags(index) & FLAG_RUNNABLE) != 0;
    }

    /** The owner's gtid. */
    public long gtid(int index) {
        return memory.get(JAVA_LONG, (long) index * SIZE + StatusWordLayout.GTID);
    }

    /** When the task last got on a CPU, ns. */
    public long switchTimeNs(int index) {
        return memory.get(JAVA_LONG, (long) index * SIZE + StatusWordLayout.SWITCH_TIME);
    }

    /** CPU time so far, ns; updated when the task leaves a CPU. */
    public long runtimeNs(int index) {
        return memory.get(JAVA_LONG, (long) index * SIZE + StatusWordLayout.RUNTIME);
    }

    /** CPU that the task is on, or was on last; -1 if it never ran. */
    public int cpu(int index) {
        return memory.get(JAVA_INT, (long) index * SIZE + StatusWordLayout.CPU);
    }

    /** Process of the task. */
    public int tgid(int index) {
        return memory.get(JAVA_INT, (long) index * SIZE + StatusWordLayout.TGID);
    }

    /** Nice value, -20 to 19. */
    public int nice(int index) {
        return memory.get(JAVA_INT, (long) index * SIZE + StatusWordLayout.NICE);
    }

    /** Since when the task waits for a CPU, ns; 0 when it does not wait. */
    public long runnableSinceNs(int index) {
        return memory.get(JAVA_LONG, (long) index * SIZE + StatusWordLayout.RUNNABLE_SINCE);
    }
}
