package org.ghosthost.enclave;

import java.util.Map;
import org.ghosthost.policy.topology.CpuSet;

/**
 * An enclave at one moment.
 *
 * @param id its number
 * @param cpus its CPUs
 * @param generation number of the generation that leads
 * @param policy name of its release
 * @param version version of its release, empty for the built-in FIFO
 * @param model who decides: {@code global}, {@code per-cpu}, {@code in-kernel}
 * @param handoff where the present handoff stands; empty if there is none
 * @param globalCpu CPU of the global agent; -1 for a per-CPU policy
 * @param tasks living tasks
 * @param lostTasks tasks whose state could not be recovered; must be 0
 * @param passes passes of all agents
 * @param messages messages handled
 * @param decisions transactions opened
 * @param staleMessages messages that told nothing new
 * @param overflows messages that did not fit into their queue
 * @param transactions number of transactions by state
 * @param lastBlackoutNs wall-clock blackout of the last roll; -1 if there was none
 * @param reachablePast class loaders of releases that lead no more, as far as something still holds them
 */
public record EnclaveStatus(
        int id,
        CpuSet cpus,
        int generation,
        String policy,
        String version,
        String model,
        String handoff,
        int globalCpu,
        int tasks,
        long lostTasks,
        long passes,
        long messages,
        long decisions,
        long staleMessages,
        long overflows,
        Map<String, Long> transactions,
        long lastBlackoutNs,
        int reachablePast) {}
