package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.kernel.schedext.probe.Probe;
import org.ghosthost.policy.topology.Topology;

/**
 * Makes the backend of this machine's own kernel, unless the probe knows why that cannot work; the options are those of
 * {@link SchedExtOptions}.
 */
final class SchedExtBackendFactory implements KernelBackendFactory {
    /** The option, and the finding of the probe, that is about the library. */
    private static final String LIBBPF = "libbpf";

    @Override
    public KernelBackend create(Topology machine, Map<String, String> options) throws KernelException {
        SchedExtOptions.of(options);
        Probe.Report report = Probe.run(Path.of("/"));
        String refusal = report.refusalBesides(options.containsKey(LIBBPF) ? LIBBPF : "");
        if (!refusal.isEmpty()) {
            throw new KernelException(Errno.ENODEV, refusal + " (ghost doctor says more)");
        }
        Map<String, String> completed = new TreeMap<>(options);
        report.libbpf().ifPresent(found -> completed.putIfAbsent(LIBBPF, found.file().toString()));
        SchedExtOptions checked = SchedExtOptions.of(completed);
        try {
            return SchedExtKernel.open(checked, Topology.ofHost());
        } catch (IOException e) {
            throw new KernelException(Errno.ENODEV, "the CPUs of this machine are not known: " + e.getMessage());
        }
    }
}
