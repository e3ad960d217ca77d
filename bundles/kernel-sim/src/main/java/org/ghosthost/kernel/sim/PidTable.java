package org.ghosthost.kernel.sim;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The numbers of tasks and processes, given out in rising order and used again only after all others. */
final class PidTable {
    private static final int FIRST = 1000;
    private static final int LIMIT = 1 << 22;

    private @Nullable Object[] owners = new Object[64];
    private int next = FIRST;
    private int used;

    /** The next free number. */
    int allocate() {
        if (used == LIMIT - FIRST) {
            throw new IllegalStateException("the machine is out of process numbers");
        }
        while (get(next) != null) {
            advance();
        }
        int pid = next;
        advance();
        used++;
        return pid;
    }

    void assign(int pid, Object owner) {
        int at = pid - FIRST;
        if (at >= owners.length) {
            owners = Arrays.copyOf(owners, Math.max(at + 1, owners.length * 2));
        }
        owners[at] = owner;
    }

    @Nullable Object get(long pid) {
        long at = pid - FIRST;
        return at < 0 || at >= owners.length ? null : owners[(int) at];
    }

    void release(int pid) {
        owners[pid - FIRST] = null;
        used--;
    }

    private void advance() {
        next = next + 1 == LIMIT ? FIRST : next + 1;
    }
}
