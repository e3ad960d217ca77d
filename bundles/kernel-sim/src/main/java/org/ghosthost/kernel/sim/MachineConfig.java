package org.ghosthost.kernel.sim;

import org.ghosthost.policy.topology.Topology;

/**
 * What a simulated machine is made from. The same configuration and the same commands make the same run.
 *
 * @param topology the CPUs
 * @param seed for everything that the machine leaves to chance
 * @param costs what things cost
 * @param statusWords capacity of an enclave, agents included
 * @param tickHz timer ticks per second of each CPU
 * @param fairSliceNs longest turn of a fair task while another one waits for its CPU
 * @param fifoSliceNs longest turn of a task while the backend schedules first come, first served
 * @param profile what the machine offers and how well it behaves
 * @param faults what goes wrong
 * @param checkInvariants whether to check the machine's whole state after each event: slow, for tests
 */
public record MachineConfig(
        Topology topology,
        long seed,
        CostTable costs,
        int statusWords,
        int tickHz,
        long fairSliceNs,
        long fifoSliceNs,
        Profile profile,
        FaultPlan faults,
        boolean checkInvariants) {
    /** Status words of ghOSt's region: 65536 less its header, rounded to a page. */
    public static final int STATUS_WORDS = 65_534;

    /** Checks the ranges. */
    public MachineConfig {
        if (statusWords < 1 || statusWords > 1 << 20) {
            throw new IllegalArgumentException("statusWords must be 1 to 1048576: " + statusWords);
        }
        if (tickHz < 1 || tickHz > 100_000) {
            throw new IllegalArgumentException("tickHz must be 1 to 100000: " + tickHz);
        }
        if (fairSliceNs < 1 || fifoSliceNs < 1) {
            throw new IllegalArgumentException("slices must be positive: " + fairSliceNs + ", " + fifoSliceNs);
        }
    }

    /** A machine as ghOSt's kernel is, with the costs of its paper. */
    public static MachineConfig of(Topology topology, long seed) {
        return new MachineConfig(
                topology,
                seed,
                CostTable.PAPER,
                STATUS_WORDS,
                250,
                3_000_000,
                3_000_000,
                Profile.GHOST,
                FaultPlan.NONE,
                false);
    }

    /** The same with another seed. */
    public MachineConfig withSeed(long value) {
        return new MachineConfig(topology, value, costs, statusWords, tickHz, fairSliceNs, fifoSliceNs, profile, faults,
                checkInvariants);
    }

    /** The same with other costs. */
    public MachineConfig withCosts(CostTable value) {
        return new MachineConfig(topology, seed, value, statusWords, tickHz, fairSliceNs, fifoSliceNs, profile, faults,
                checkInvariants);
    }

    /** The same with another capacity. */
    public MachineConfig withStatusWords(int value) {
        return new MachineConfig(topology, seed, costs, value, tickHz, fairSliceNs, fifoSliceNs, profile, faults,
                checkInvariants);
    }

    /** The same with other slices. */
    public MachineConfig withSlices(long fairNs, long fifoNs) {
        return new MachineConfig(topology, seed, costs, statusWords, tickHz, fairNs, fifoNs, profile, faults,
                checkInvariants);
    }

    /** The same with another profile. */
    public MachineConfig withProfile(Profile value) {
        return new MachineConfig(topology, seed, costs, statusWords, tickHz, fairSliceNs, fifoSliceNs, value, faults,
                checkInvariants);
    }

    /** The same with faults. */
    public MachineConfig withFaults(FaultPlan value) {
        return new MachineConfig(topology, seed, costs, statusWords, tickHz, fairSliceNs, fifoSliceNs, profile, value,
                checkInvariants);
    }

    /** The same with or without checks. */
    public MachineConfig withInvariants(boolean value) {
        return new MachineConfig(topology, seed, costs, statusWords, tickHz, fairSliceNs, fifoSliceNs, profile, faults,
                value);
    }
}
