package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.StatusWordLayout.BARRIER;
import static org.ghosthost.policy.abi.StatusWordLayout.ENCLAVE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ALLOCATED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.GTID;
import static org.ghosthost.policy.abi.StatusWordLayout.RUNNABLE_SINCE;
import static org.ghosthost.policy.abi.StatusWordLayout.RUNTIME;
import static org.ghosthost.policy.abi.StatusWordLayout.SIZE;
import static org.ghosthost.policy.abi.StatusWordLayout.SWITCH_TIME;
import static org.ghosthost.policy.abi.StatusWordLayout.TGID;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.ghosthost.policy.StatusWords;
import org.jspecify.annotations.Nullable;

/**
 * The status words of one enclave, as the kernel side writes them: a region with a moving cursor. Fields that share a
 * 64-bit word are written together.
 */
final class StatusWordTable {
    /** No status word. */
    static final int NONE = -1;

    private static final VarHandle LONG = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int LONGS = SIZE / Long.BYTES;
    private static final long LOW = 0xffff_ffffL;

    private final long[] memory;
    private final StatusWords view;
    private final @Nullable Task[] owners;
    private int cursor;
    private int available;

    StatusWordTable(int capacity) {
        memory = new long[capacity * LONGS];
        view = new StatusWords(MemorySegment.ofArray(memory));
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
        memory[at(index, GTID)] = owner.gtid;
        memory[at(index, ENCLAVE)] = both(enclave, owner.isAgent ? owner.cpu : owner.ranOn);
        memory[at(index, TGID)] = both(owner.process.tgid, owner.nice);
        state(index, 0, flags | FLAG_IN_USE | FLAG_ALLOCATED);
        return index;
    }

    /** Zeroes the word and gives it back. */
    void free(int index) {
        Arrays.fill(memory, index * LONGS, (index + 1) * LONGS, 0);
        owners[index] = null;
        available++;
    }

    /** Whose word it is; null if it is free. */
    @Nullable Task owner(int index) {
        return owners[index];
    }

    int flags(int index) {
        return (int) (memory[at(index, BARRIER)] >>> Integer.SIZE);
    }

    /** Barrier and flags. Release: what was written before is seen by who reads them. */
    void state(int index, int barrier, int flags) {
        LONG.setRelease(memory, at(index, BARRIER), both(barrier, flags));
    }

    void nice(int index, int nice) {
        memory[at(index, TGID)] = both((int) memory[at(index, TGID)], nice);
    }

    void runtime(int index, long ns) {
        memory[at(index, RUNTIME)] = ns;
    }

    void runnableSince(int index, long ns) {
        memory[at(index, RUNNABLE_SINCE)] = ns;
    }

    void onCpu(int index, int enclave, int cpu, long ns) {
        memory[at(index, ENCLAVE)] = both(enclave, cpu);
        memory[at(index, SWITCH_TIME)] = ns;
        memory[at(index, RUNNABLE_SINCE)] = 0;
    }

    private static long both(int low, int high) {
        return (low & LOW) | (long) high << Integer.SIZE;
    }

    private static int at(int index, int field) {
        return index * LONGS + field / Long.BYTES;
    }
}
