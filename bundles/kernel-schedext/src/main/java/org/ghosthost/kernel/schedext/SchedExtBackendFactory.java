package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.util.Map;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.Topology;

/** Makes the backend of this machine's own kernel; the options are those of {@link SchedExtOptions}. */
final class SchedExtBackendFactory implements KernelBackendFactory {
    @Override
    public KernelBackend create(Topology machine, Map<String, String> options) throws KernelException {
        SchedExtOptions checked = SchedExtOptions.of(options);
        try {
            return SchedExtKernel.open(checked, Topology.ofHost());
        } catch (IOException e) {
            throw new KernelException(Errno.ENODEV, "the CPUs of this machine are not known: " + e.getMessage());
        }
    }
}
