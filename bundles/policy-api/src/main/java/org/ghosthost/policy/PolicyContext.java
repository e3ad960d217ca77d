package org.ghosthost.policy;

import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;

/**
 * What a policy is made with.
 *
 * @param cpu the CPU it decides for; -1 for a global policy
 * @param cpus CPUs of the enclave
 * @param topology the machine
 * @param configuration checked against {@link PolicyFactory#configuration()}
 * @param seed for randomness; the same seed, the same decisions
 * @param maxTasks no more tasks than this are ever in the enclave, and every status word index is below it
 * @param statusWords what the kernel side says of each task
 * @param policyMemory bytes per task that outlive the policy; stores have no effect before it leads
 * @param inherited layout version of what {@code policyMemory} holds from a predecessor of the same name; 0 if nothing
 */
public record PolicyContext(
        int cpu,
        CpuSet cpus,
        Topology topology,
        Configuration configuration,
        long seed,
        int maxTasks,
        StatusWords statusWords,
        PolicyMemory policyMemory,
        int inherited) {}
