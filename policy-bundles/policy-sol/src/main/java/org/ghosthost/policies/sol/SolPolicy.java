package org.ghosthost.policies.sol;

import org.ghosthost.agent.FifoPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;

/**
 * How fast can one agent schedule? First come, first served on all CPUs, with transactions that nobody waits for: the
 * agent sends them off, each CPU commits its own, and the outcome is read in a later pass. A task whose CPU is taken
 * goes to the other hardware thread of that core if it can. Counts what its passes cost.
 */
final class SolPolicy extends FifoPolicy {
    /** Neither flag that says when to commit: whoever gets there first does it. */
    private static final int GREEDY = 0;

    private final Topology topology;
    private long passes;
    private long decided;
    private long failed;
    private long busyNs;
    private long busyPasses;
    private long lastPassNs;
    private boolean wasBusy;

    SolPolicy(PolicyContext context) {
        super(context);
        topology = context.topology();
    }

    @Override
    protected int runFlags(Task task) {
        return GREEDY;
    }

    @Override
    protected int preferredCpu(Task task, int last) {
        if (last >= 0) {
            CpuSet siblings = topology.cpu(last).siblings();
            for (int cpu = siblings.first(); cpu >= 0; cpu = siblings.next(cpu + 1)) {
                if (isFree(cpu)) {
                    return cpu;
                }
            }
        }
        return NO_CPU;
    }

    @Override
    public long schedule(Agent agent) {
        long waitUntilNs = super.schedule(agent);
        if (wasBusy) {
            busyPasses++;
            busyNs += nowNs() - lastPassNs;
        }
        passes++;
        lastPassNs = nowNs();
        wasBusy = hasDecided();
        return waitUntilNs;
    }

    @Override
    public void committed(int cpu, long gtid, TransactionState state) {
        super.committed(cpu, gtid, state);
        decided++;
        failed += state == TransactionState.COMPLETE ? 0 : 1;
    }

    /** Also, as in ghOSt, how long a pass takes that decided something, until the next one begins. */
    @Override
    public void dump(StringBuilder out) {
        out.append(passes).append(" passes, ").append(decided).append(" decisions, ").append(failed)
                .append(" of them refused; a pass that decides takes ")
                .append(busyPasses == 0 ? 0 : busyNs / busyPasses).append(" ns\n");
        super.dump(out);
    }
}
