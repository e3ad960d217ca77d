package org.ghosthost.kernel.schedext;

import static org.ghosthost.kernel.schedext.SchedExtLayout.Enclave.COMMIT_AT_TICK;
import static org.ghosthost.kernel.schedext.SchedExtLayout.Enclave.DELIVER_CPU_AVAILABILITY;
import static org.ghosthost.kernel.schedext.SchedExtLayout.Enclave.DELIVER_TICKS;
import static org.ghosthost.kernel.schedext.SchedExtLayout.Enclave.WAKE_ON_WAKER_CPU;

import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;

/** What can be tuned in one enclave: bits that the BPF program reads, and what the housekeeper looks at. */
final class TunableSettings {
    private static final long MAX_TIMEOUT_MS = 1_000_000_000;

    private final RecordTable enclaves;
    private final int slot;
    private final long[] values = new long[Tunable.values().length];
    private volatile long runnableTimeoutMs;

    TunableSettings(RecordTable enclaves, int slot) {
        this.enclaves = enclaves;
        this.slot = slot;
    }

    long get(Tunable tunable) {
        return tunable == Tunable.RUNNABLE_TIMEOUT ? runnableTimeoutMs : values[index(tunable)];
    }

    void set(Tunable tunable, long value) throws KernelException {
        switch (tunable) {
            case RUNNABLE_TIMEOUT -> {
                if (value < 0 || value > MAX_TIMEOUT_MS) {
                    throw new KernelException(Errno.EINVAL,
                            "runnable_timeout must be 0 to " + MAX_TIMEOUT_MS + " ms: " + value);
                }
                runnableTimeoutMs = value;
                return;
            }
            case DELIVER_AGENT_RUNNABILITY -> throw new KernelException(
                    Errno.ENOTSUP, "the sched_ext backend cannot tell that an agent blocks");
            case DELIVER_TICKS -> setBit(DELIVER_TICKS, value != 0);
            case DELIVER_CPU_AVAILABILITY -> setBit(DELIVER_CPU_AVAILABILITY, value != 0);
            case COMMIT_AT_TICK -> setBit(COMMIT_AT_TICK, value != 0);
            case WAKE_ON_WAKER_CPU -> setBit(WAKE_ON_WAKER_CPU, value != 0);
            default -> {
                // LIVE_DANGEROUSLY, SWITCHTO_DISABLED: always as if set, nothing here depends on them.
            }
        }
        values[index(tunable)] = value == 0 ? 0 : 1;
    }

    private void setBit(int bit, boolean on) {
        int before = enclaves.getInt(slot, SchedExtLayout.Enclave.DELIVER);
        enclaves.setInt(slot, SchedExtLayout.Enclave.DELIVER, on ? before | bit : before & ~bit);
    }

    @SuppressWarnings("EnumOrdinal") // index into a table that is as long as the enum
    private static int index(Tunable tunable) {
        return tunable.ordinal();
    }
}
