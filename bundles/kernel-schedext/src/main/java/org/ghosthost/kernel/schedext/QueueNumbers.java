package org.ghosthost.kernel.schedext;

import java.util.BitSet;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;

/** Which queues of the kernel's table are taken. By commands only. */
final class QueueNumbers {
    private final BitSet taken = new BitSet(SchedExtLayout.MAX_QUEUES);

    synchronized int take() throws KernelException {
        int free = taken.nextClearBit(0);
        if (free >= SchedExtLayout.MAX_QUEUES) {
            throw new KernelException(Errno.ENOMEM, "all " + SchedExtLayout.MAX_QUEUES + " queues are taken");
        }
        taken.set(free);
        return free;
    }

    synchronized void giveBack(int number) {
        taken.clear(number);
    }
}
