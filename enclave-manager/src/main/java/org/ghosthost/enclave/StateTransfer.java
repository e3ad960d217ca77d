package org.ghosthost.enclave;

import java.nio.ByteBuffer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.policy.topology.CpuSet;

/** Bytes from one release of a policy to the next. They only make the start better: a fault here changes nothing. */
final class StateTransfer {
    /** Most bytes that one instance may hand on. */
    static final int MAX_BYTES = 64 * 1024;

    private static final Logger LOG = LogManager.getLogger(StateTransfer.class);

    private final ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);

    void transfer(Generation from, Generation to, CpuSet cpus) {
        if (!from.release().name().equals(to.release().name()) || from.isGlobal() != to.isGlobal()) {
            return;
        }
        for (int cpu = cpus.first(); cpu >= 0; cpu = from.isGlobal() ? -1 : cpus.next(cpu + 1)) {
            bytes.clear();
            try {
                int version = from.instance(cpu).exportState(bytes);
                if (version > 0) {
                    to.instance(cpu).importState(bytes.flip().asReadOnlyBuffer(), version);
                }
            } catch (Throwable t) { // a policy's fault here costs the bytes, not the roll
                LOG.warn("state of {} not handed to {}: {}", from.release().id(), to.release().id(), Thrown.text(t));
            }
        }
    }
}
