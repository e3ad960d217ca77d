package org.ghosthost.enclave.kernel;

import java.util.Map;
import org.ghosthost.policy.topology.Topology;

/**
 * Makes a backend. The bundle of the backend registers one as an OSGi service with the property {@link #NAME}; the host
 * looks for the service whose name was asked for on the command line.
 */
public interface KernelBackendFactory {
    /** Service property: name of the backend on the command line, {@code sim} or {@code sched_ext}. */
    String NAME = "ghost.backend";

    /**
     * Makes a backend that lives until it is closed. A simulated machine is paced to the wall clock.
     *
     * @param machine the machine to simulate; ignored by a backend that has a real one under it
     * @param options settings of this backend by name; none have to be given
     * @throws KernelException EINVAL for a setting that is unknown or out of range; ENODEV if this machine cannot do it
     */
    KernelBackend create(Topology machine, Map<String, String> options) throws KernelException;
}
