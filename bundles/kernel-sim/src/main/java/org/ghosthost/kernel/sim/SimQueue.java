package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.MessageRing;

/** A message queue of an enclave, and whom a message in it wakes. */
final class SimQueue {
    /** Nobody is woken: an agent that spins polls the queue. */
    static final int POLLED = -1;

    final int number;
    final SimEnclave enclave;
    final MessageRing ring;
    int wakeCpu = POLLED;

    SimQueue(int number, SimEnclave enclave, int elements) {
        this.number = number;
        this.enclave = enclave;
        ring = new MessageRing(elements);
    }
}
