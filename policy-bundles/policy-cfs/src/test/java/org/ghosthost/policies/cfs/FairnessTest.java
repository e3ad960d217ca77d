package org.ghosthost.policies.cfs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.ghosthost.enclave.TaskInfo;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.policy.NiceWeight;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.testkit.PolicyTrial;
import org.junit.jupiter.api.Test;

/** CPU time goes by weight. */
class FairnessTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void threeTasksOfNice19AndMinus20And0ShareOneCpuByTheirWeightsOverAnHour() throws Exception {
        try (PolicyTrial trial = new PolicyTrial(MachineConfig.of(Topology.parse("1"), 1))) {
            trial.attach(PolicyTrial.release("cfs", "1.0.0", PolicyModel.PER_CPU, new Cfs()), Map.of());
            List<Integer> nice = List.of(19, -20, 0);
            for (int value : nice) {
                trial.load("spin:tasks=1,nice=" + value);
            }
            trial.runFor(SECOND);
            List<TaskInfo> before = trial.tasks();
            trial.runFor(3600 * SECOND);
            List<TaskInfo> after = trial.tasks();
            long all = 0;
            long weights = 0;
            for (int i = 0; i < nice.size(); i++) {
                all += after.get(i).runtimeNs() - before.get(i).runtimeNs();
                weights += NiceWeight.of(after.get(i).nice());
            }
            for (int i = 0; i < nice.size(); i++) {
                double ran = after.get(i).runtimeNs() - before.get(i).runtimeNs();
                double fair = (double) all * NiceWeight.of(after.get(i).nice()) / weights;
                assertEquals(1, ran / fair, 0.01, "nice " + after.get(i).nice() + " ran " + ran + " ns");
            }
        }
    }
}
