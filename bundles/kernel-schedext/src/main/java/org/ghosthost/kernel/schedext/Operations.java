package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.kernel.schedext.probe.Btf;

/** The table of the BPF program's callbacks, fitted to the kernel before it is loaded. */
final class Operations {
    private static final Logger LOG = LogManager.getLogger(Operations.class);
    private static final Path TYPES = Path.of("/sys/kernel/btf/vmlinux");

    private Operations() {}

    /** Fits the table to the kernel of this machine; without its types the table stays as it is. */
    static void fit(MemorySegment table) {
        try {
            fit(table, Btf.read(TYPES));
        } catch (IOException e) {
            LOG.warn("{}: the scheduler's operations are not fitted to this kernel", e.getMessage());
        }
    }

    /**
     * Takes out the flags that the kernel refuses because it does not know them, and the two callbacks that a kernel
     * warns of and needs no more once it gives tasks back by itself.
     */
    static void fit(MemorySegment table, Btf kernel) {
        OptionalLong known = kernel.enumerator("SCX_OPS_ALL_FLAGS");
        if (known.isPresent()) {
            long flags = table.get(ValueLayout.JAVA_LONG, SchedExtLayout.Operations.FLAGS);
            table.set(ValueLayout.JAVA_LONG, SchedExtLayout.Operations.FLAGS, flags & known.getAsLong());
        }
        if (kernel.enumerator("SCX_ENQ_IMMED").isPresent()) {
            table.set(ValueLayout.JAVA_LONG, SchedExtLayout.Operations.CPU_ACQUIRE, 0);
            table.set(ValueLayout.JAVA_LONG, SchedExtLayout.Operations.CPU_RELEASE, 0);
        }
    }
}
