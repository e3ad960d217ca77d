package org.ghosthost.kernel.sim;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.ghosthost.policy.abi.StatusWordLayout.BARRIER;
import static org.ghosthost.policy.abi.StatusWordLayout.CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.ENCLAVE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAGS;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ALLOCATED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.GTID;
import static org.ghosthost.policy.abi.StatusWordLayout.NICE;
import static org.ghosthost.policy.abi.StatusWordLayout.RUNNABLE_SINCE;
import static org.ghosthost.policy.abi.StatusWordLayout.RUNTIME;
import static org.ghosthost.policy.abi.StatusWordLayout.SIZE;
import static org.ghosthost.policy.abi.StatusWordLayout.SWITCH_TIME;
import static org.ghosthost.policy.abi.StatusWordLayout.TGID;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.ghosthost.policy.StatusWords;
import org.jspecify.annotations.Nullable;

/** The status words of one enclave, as the kernel side writes them: a region with a moving cursor. */
final class StatusWordTable {
    /** No status word. */
    static final int NONE = -1;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final MemorySegment memory;
    private final StatusWords view;
    private final @Nullable Task[] owners;
    private int cursor;
    private int available;

    StatusWordTable(int capacity) {
        memory = MemorySegment.ofArray(new long[capacity * (SIZE / Long.BYTES)]);
        view = new StatusWords(memory);
        owners = new Task[capacity];
        available = capacity;
    }

    StatusWords view() {
        return view;
    }

    int capacity() {
        return owners.length;
    }

    int available() {
        return available;
    }

    /** Takes the next free word and makes it valid; {@link #NONE} if there is none. */
    int allocate(Task owner, int enclave, int flags) {
        if (available == 0) {
            return NONE;
        }
        while (owners[cursor] != null) {
            cursor = cursor + 1 == owners.length ? 0 : cursor + 1;
        }
        int index = cursor;
        cursor = index + 1 == owners.length ? 0 : index + 1;
        available--;
        owners[index] = owner;
        long at = (long) index * SIZE;
        memory.set(JAVA_LONG, at + GTID, owner.gtid);
        memory.set(JAVA_INT, at + ENCLAVE, enclave);
        memory.set(JAVA_INT, at + CPU, owner.cpu);
        memory.set(JAVA_INT, at + TGID, owner.process.tgid);
        memory.set(JAVA_INT, at + NICE, owner.nice);
        flags(index, flags | FLAG_IN_USE | FLAG_ALLOCATED);
        return index;
    }

    /** Zeroes the word and gives it back. */
    void free(int index) {
        memory.asSlice((long) index * SIZE, SIZE).fill((byte) 0);
        owners[index] = null;
        available++;
    }

    /** Whose word it is; null if it is free. */
    @Nullable Task owner(int index) {
        return owners[index];
    }

    int flags(int index) {
        return memory.get(JAVA_INT, (long) index * SIZE + FLAGS);
    }

    /** Release: what was written before is seen by who reads the flags. */
    void flags(int index, int flags) {
        INT.setRelease(memory, (long) index * SIZE + FLAGS, flags);
    }

    /** Release: flags that were written before are seen by who reads the barrier. */
    void barrier(int index, int barrier) {
        INT.setRelease(memory, (long) index * SIZE + BARRIER, barrier);
    }

    void nice(int index, int nice) {
        memory.set(JAVA_INT, (long) index * SIZE + NICE, nice);
    }

    void runtime(int index, long ns) {
        memory.set(JAVA_LONG, (long) index * SIZE + RUNTIME, ns);
    }

    void runnableSince(int index, long ns) {
        memory.set(JAVA_LONG, (long) index * SIZE + RUNNABLE_SINCE, ns);
    }

    void onCpu(int index, int cpu, long ns) {
        long at = (long) index * SIZE;
        memory.set(JAVA_INT, at + CPU, cpu);
        memory.set(JAVA_LONG, at + SWITCH_TIME, ns);
        memory.set(JAVA_LONG, at + RUNNABLE_SINCE, 0L);
    }
}
