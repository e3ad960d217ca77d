package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policies.biff.Biff;
import org.ghosthost.policies.cfs.Cfs;
import org.ghosthost.policies.edf.release.Edf;
import org.ghosthost.policies.fifocentralized.FifoCentralized;
import org.ghosthost.policies.fifopercpu.FifoPerCpu;
import org.ghosthost.policies.flux.Flux;
import org.ghosthost.policies.shinjuku.Shinjuku;
import org.ghosthost.policies.sol.Sol;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every policy takes over from every other one under load, and nobody is lost. */
class EightPoliciesTest {
    private static final int ROLLS = 200;
    private static final long SEED = 8;
    private static final long START_NS = 20_000_000;
    private static final long STAY_NS = 2_000_000;
    private static final int TASKS = 20 + 8 + 10;

    private static final List<PolicyRelease> POLICIES = List.of(
            PolicyTrial.release("fifo-per-cpu", "1.0.0", PolicyModel.PER_CPU, new FifoPerCpu()),
            PolicyTrial.release("fifo-centralized", "1.0.0", PolicyModel.GLOBAL, new FifoCentralized()),
            PolicyTrial.release("edf", "1.0.0", PolicyModel.GLOBAL, new Edf()),
            PolicyTrial.release("shinjuku", "1.0.0", PolicyModel.GLOBAL, new Shinjuku()),
            PolicyTrial.release("sol", "1.0.0", PolicyModel.GLOBAL, new Sol()),
            PolicyTrial.release("cfs", "1.0.0", PolicyModel.PER_CPU, new Cfs()),
            PolicyTrial.release("biff", "1.0.0", PolicyModel.IN_KERNEL, new Biff()),
            PolicyTrial.release("flux", "1.0.0", PolicyModel.GLOBAL, new Flux()));

    @ParameterizedTest
    @EnumSource(Profile.class)
    void twoHundredRollsInRandomOrderLoseNobody(Profile profile) throws Exception {
        MachineConfig machine =
                MachineConfig.of(Topology.parse("6"), SEED).withProfile(profile).withInvariants(true);
        SplittableRandom random = new SplittableRandom(SEED);
        try (PolicyTrial trial = new PolicyTrial(machine)) {
            trial.load("periodic:tasks=20,utilisation=2,period=1ms-10ms,seed=3");
            trial.load("spin:tasks=8,run=500us,sleep=200us");
            trial.load("poisson:rate=5000,mix=20us,workers=10");
            trial.runFor(START_NS);
            assertEquals(TASKS, trial.status().tasks());
            PolicyRelease present = POLICIES.getFirst();
            for (int roll = 0; roll < ROLLS; roll++) {
                PolicyRelease next = POLICIES.get(random.nextInt(POLICIES.size()));
                if (!next.equals(present) || roll == 0) {
                    long jobs = trial.jobs();
                    trial.attach(next, Map.of());
                    trial.runFor(STAY_NS);
                    assertTrue(trial.jobs() > jobs, trial + ": nothing was done under " + next.id());
                    present = next;
                }
            }
            trial.assertSound(present.name());
            assertEquals(TASKS, trial.status().tasks());
        }
    }
}
