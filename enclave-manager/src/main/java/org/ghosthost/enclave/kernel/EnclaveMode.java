package org.ghosthost.enclave.kernel;

/** Who decides in an enclave. */
public enum EnclaveMode {
    /** Agents, by transactions. */
    AGENTS,
    /** The backend, first come first served. */
    FIFO,
    /** The backend, by weighted virtual runtime. */
    VRUNTIME,
    /** Nobody: what runs goes on, what waits waits. For short moments. */
    HOLD;

    /** Whether the backend decides. */
    public boolean isInKernel() {
        return this == FIFO || this == VRUNTIME;
    }
}
