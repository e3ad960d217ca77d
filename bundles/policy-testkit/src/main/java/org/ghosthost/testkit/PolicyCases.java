package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.FaultPlan;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every policy must do on the simulated machine, which checks its own invariants after each event: extend it with
 * the policy as a test of your own. A load of 40 periodic tasks needs four of six CPUs; no job may wait longer than
 * {@link #longestWaitNs()}.
 */
public abstract class PolicyCases {
    /** A millisecond, ns. */
    protected static final long MS = 1_000_000;

    private static final String LOAD = "periodic:tasks=40,utilisation=4,period=1ms-10ms,seed=3";
    /** Jobs of the load in 300 ms: no task falls behind by more than a job or two. */
    private static final long JOBS = 4_900;

    private final String name;
    private final PolicyModel model;
    private final PolicyFactory factory;

    /** Cases for this policy. */
    protected PolicyCases(String name, PolicyModel model, PolicyFactory factory) {
        this.name = name;
        this.model = model;
        this.factory = factory;
    }

    /** Longest time that a runnable task of the load may wait, ns. */
    protected long longestWaitNs() {
        return 20 * MS;
    }

    /** The policy as a release. */
    protected final PolicyRelease release(String version) {
        return PolicyTrial.release(name, version, model, factory);
    }

    /** A machine of six CPUs that checks its invariants. */
    protected static MachineConfig machine(Profile profile, long seed) {
        return MachineConfig.of(Topology.parse("6"), seed).withProfile(profile).withInvariants(true);
    }

    /** A trial of the policy on such a machine. */
    protected final PolicyTrial trial(MachineConfig config, Map<String, String> configuration) throws Exception {
        PolicyTrial trial = new PolicyTrial(config);
        trial.attach(release("1.0.0"), configuration);
        return trial;
    }

    private PolicyTrial trial(MachineConfig config) throws Exception {
        return trial(config, Map.of());
    }

    /** Nothing was lost, the policy is in charge, every task has made progress. */
    private void assertAllGoOn(PolicyTrial trial) {
        trial.assertSound(name);
        assertTrue(trial.jobs() > JOBS, () -> trial + ": jobs " + trial.jobs() + "\n" + trial.dump());
        assertTrue(trial.longestWaitNs() < longestWaitNs(),
                () -> trial + ": longest wait, ns " + trial.longestWaitNs() + "\n" + trial.dump());
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 1", "SCHED_EXT, 2"})
    void everyTaskGoesOn(Profile profile, long seed) throws Exception {
        try (PolicyTrial trial = trial(machine(profile, seed))) {
            trial.load(LOAD);
            trial.runFor(300 * MS);
            assertAllGoOn(trial);
        }
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 2"})
    void everyTaskGoesOnThoughMessagesAreLostAndAgentsAreHeldUp(Profile profile, long seed) throws Exception {
        FaultPlan faults = new FaultPlan(2_000, 200_000, 20_000, 0);
        try (PolicyTrial trial = trial(machine(profile, seed).withFaults(faults))) {
            trial.load(LOAD);
            trial.runFor(300 * MS);
            assertTrue(trial.status().overflows() > 0, trial + ": no message was lost");
            assertAllGoOn(trial);
        }
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 2"})
    void everyTaskGoesOnThoughOtherClassesTakeCpusAway(Profile profile, long seed) throws Exception {
        try (PolicyTrial trial = trial(machine(profile, seed))) {
            trial.load(LOAD);
            trial.load("periodic:tasks=6,utilisation=0.6,period=2ms-20ms,seed=4,class=fair");
            trial.runFor(300 * MS);
            assertAllGoOn(trial);
        }
    }

    @ParameterizedTest
    @CsvSource({"GHOST, 1", "SCHED_EXT, 2"})
    void aReleaseTakesOverFromAnotherUnderLoad(Profile profile, long seed) throws Exception {
        try (PolicyTrial trial = new PolicyTrial(machine(profile, seed))) {
            trial.load(LOAD);
            trial.runFor(20 * MS);
            for (int version = 1; version <= 8; version++) {
                trial.attach(release(version + ".0.0"), Map.of());
                trial.runFor(35 * MS);
            }
            assertAllGoOn(trial);
        }
    }

    @Test
    void theSameSeedMakesTheSameRun() throws Exception {
        long[] hashes = new long[2];
        for (int run = 0; run < hashes.length; run++) {
            try (PolicyTrial trial = trial(machine(Profile.SCHED_EXT, 5).withInvariants(false))) {
                trial.load(LOAD);
                trial.runFor(100 * MS);
                hashes[run] = trial.traceHash();
            }
        }
        assertEquals(hashes[0], hashes[1]);
    }
}
