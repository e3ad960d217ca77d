package org.ghosthost.enclave.kernel;

import java.nio.file.Path;

/**
 * What a backend also implements if it can make threads of its own, as a simulated machine does: starts a workload for
 * people to play with. Any thread.
 */
public interface WorkloadRunner {
    /**
     * Starts the tasks of a workload; they run until they end by themselves or their enclave is destroyed.
     *
     * @param workload a file or the text of a generator
     * @param directory what a relative file name means
     * @param enclave number of the enclave that they enter
     * @return one line for people: what has been started
     * @throws KernelException ENOENT, EINVAL with what is wrong and where, ENODEV if there is no such enclave
     */
    String startWorkload(String workload, Path directory, int enclave) throws KernelException;
}
