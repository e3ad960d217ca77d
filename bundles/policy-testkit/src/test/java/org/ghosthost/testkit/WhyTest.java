package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the enclave says when somebody asks why a task does not run. */
class WhyTest {
    private static final long MS = 1_000_000;

    private PolicyTrial trial;

    @BeforeEach
    void attach() throws Exception {
        trial = new PolicyTrial(MachineConfig.of(Topology.parse("2"), 1));
        PolicyRelease fifo = Releases.fifo("one", "1.0.0", PolicyModel.GLOBAL);
        trial.attach(fifo, Map.of());
    }

    @AfterEach
    void close() {
        trial.close();
    }

    private String why(String state) throws Exception {
        String task = trial.tasks().stream().filter(each -> each.state().equals(state))
                .map(each -> Long.toString(each.gtid() >>> 41)).findFirst().orElseThrow();
        return trial.why(task).orElseThrow();
    }

    private static void assertSays(String sentence, String... parts) {
        for (String part : parts) {
            assertTrue(sentence.contains(part), sentence);
        }
    }

    @Test
    void aTaskThatRunsWasDecidedByThePolicy() throws Exception {
        trial.load("spin:tasks=1");
        trial.runFor(MS);
        assertSays(why("running"), "runs on CPU 1 since", "by decision of one 1.0.0 (generation 2)");
    }

    @Test
    void aTaskThatWaitsSaysWhatHappenedAndWhoHasTheCpu() throws Exception {
        trial.load("spin:tasks=2");
        trial.runFor(5 * MS);
        assertSays(why("runnable"), "waits for a CPU since 5.000 ms", "it came into the enclave",
                "no decision for it has been refused since",
                "of the CPUs that it may use, 0 has no task of the enclave",
                "1 has spin");
    }

    @Test
    void aTaskThatSleepsIsNotThePolicysFault() throws Exception {
        trial.load("spin:tasks=1,run=1ms,sleep=100ms");
        trial.runFor(10 * MS);
        assertSays(why("blocked"), "sleeps since", "it is not for the policy to run it before it wakes");
    }

    @Test
    void nothingIsSaidOfATaskThatIsNotThere() throws Exception {
        assertTrue(trial.why("nobody").equals(Optional.empty()));
    }
}
