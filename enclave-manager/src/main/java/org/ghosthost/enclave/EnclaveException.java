package org.ghosthost.enclave;

/** A refused operation on an enclave, as one sentence for people. The enclave is as it was. */
public final class EnclaveException extends Exception {
    private static final long serialVersionUID = 1;

    /** Says what is wrong and what to do. */
    public EnclaveException(String message) {
        super(message);
    }

    EnclaveException(String message, Throwable cause) {
        super(message, cause);
    }
}
