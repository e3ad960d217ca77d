package org.ghosthost.kernel.schedext;

import org.ghosthost.enclave.kernel.EnclaveMode;

/** The numbers of {@code enum ghost_mode}. */
final class EnclaveModes {
    static final int AGENTS = 0;
    static final int FIFO = 1;
    static final int VRUNTIME = 2;
    static final int HOLD = 3;

    private EnclaveModes() {}

    static int number(EnclaveMode mode) {
        return switch (mode) {
            case AGENTS -> AGENTS;
            case FIFO -> FIFO;
            case VRUNTIME -> VRUNTIME;
            case HOLD -> HOLD;
        };
    }
}
