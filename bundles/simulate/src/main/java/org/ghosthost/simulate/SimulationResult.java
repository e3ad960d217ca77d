package org.ghosthost.simulate;

import java.util.List;
import java.util.Map;
import org.ghosthost.metrics.RunSummary;
import org.ghosthost.policy.TransactionState;

/**
 * What a run gave. All but {@code wallNs}, {@code bytesPerDecision} and the blackouts of the rolls is the same each
 * time that the same run is made.
 *
 * @param title what was run, one line for people
 * @param workload the workload's name
 * @param policy the first policy
 * @param cpus number of CPUs
 * @param seed the seed
 * @param traceHash hash over all that happened
 * @param events messages produced and transactions decided
 * @param wallNs real time that the machine ran, without the preparation of rolls, ns
 * @param lost tasks whose state was never recovered
 * @param messages messages produced
 * @param transactions transactions decided, by what became of them
 * @param rolls the rolls, in the order of time
 * @param bytesPerDecision bytes of heap allocated for each transaction decided, in the second half of the run
 * @param run latencies, deadlines, tasks
 * @param remarks what else people should know, one sentence each
 */
record SimulationResult(String title, String workload, String policy, int cpus, long seed, long traceHash, long events,
        long wallNs, long lost, long messages, Map<TransactionState, Long> transactions, List<RollResult> rolls,
        double bytesPerDecision, RunSummary run, List<String> remarks) {

    /** The hash as it is shown: 16 hexadecimal digits. */
    String hash() {
        return String.format("%016x", traceHash);
    }

    int live() {
        return run.created() - run.exited();
    }
}
