package org.ghosthost.enclave;

import java.nio.file.Path;

/**
 * Loads policies from jars, past the gate of the host. An OSGi service of the host; any thread. What it loads is not
 * offered to the host's own enclaves: a simulation in a running host leaves them alone.
 */
public interface PolicyLoader {
    /**
     * Verifies a jar, installs and starts it as a bundle, and returns what it offers. The same jar again gives the same
     * release.
     *
     * @param jar file name; a relative one is looked up in {@code directory}, then among the policies of the product
     * @param directory what relative names mean
     * @throws EnclaveException if there is no such file, or the gate refuses it
     */
    PolicyRelease load(String jar, Path directory) throws EnclaveException;
}
