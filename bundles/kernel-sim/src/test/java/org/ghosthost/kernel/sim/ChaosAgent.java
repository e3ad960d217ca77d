package org.ghosthost.kernel.sim;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;

/** An agent that decides at random, right and wrong, by a seed. */
final class ChaosAgent implements AgentPass {
    private static final int[] RUN_FLAGS = {
        TransactionFlags.RTLA_ON_PREEMPT, TransactionFlags.RTLA_ON_BLOCKED, TransactionFlags.RTLA_ON_YIELD,
        TransactionFlags.RTLA_ON_IDLE, TransactionFlags.NEED_L1D_FLUSH, TransactionFlags.NEED_CPU_NOT_IDLE,
        TransactionFlags.ELIDE_PREEMPT, TransactionFlags.SEND_TASK_ON_CPU,
        TransactionFlags.DEFER_LATCHED_PREEMPTION_BY_AGENT, TransactionFlags.DO_NOT_PREEMPT, 1 << 13,
        TransactionFlags.COMMIT_AT_SCHEDULE, TransactionFlags.ALLOW_TASK_ONCPU,
        TransactionFlags.ELIDE_AGENT_BARRIER_INC, TransactionFlags.INC_AGENT_BARRIER_ON_FAILURE
    };

    final int queue;
    final int cpu;
    int word;
    private final Machine m;
    private final SimEnclave e;
    private final Rng rng;
    private final boolean spins;
    private final CpuSet opened = new CpuSet();
    private final List<Integer> toFree = new ArrayList<>();
    private int barrier;
    private int messages;
    private int decisions;
    private boolean group;

    ChaosAgent(SimEnclave enclave, Machine machine, int cpu, int queue, Rng rng) {
        e = enclave;
        m = machine;
        this.cpu = cpu;
        this.queue = queue;
        this.rng = rng;
        spins = rng.below(3) == 0;
    }

    @Override
    public boolean mustBeAlone() {
        return false;
    }

    @Override
    public void decide(boolean alone) {
        opened.clear();
        decisions = 0;
        barrier = e.statusWords().barrier(word);
        messages = e.drain(queue, this::message, 1 + rng.below(64));
        while (!toFree.isEmpty() && rng.below(5) != 0) {
            e.freeStatusWord(toFree.remove(rng.below(toFree.size())));
        }
        group = rng.below(6) == 0;
        for (int i = rng.below(4); i > 0; i--) {
            open();
        }
        other();
    }

    private void message(Message message) {
        if (message.type() == MessageType.TASK_DEAD || message.type() == MessageType.TASK_DEPARTED) {
            toFree.add(message.statusWord());
        }
    }

    private void open() {
        int target = rng.below(3) == 0 ? cpu : rng.below(m.cpus.length);
        if (!TransactionState.isResult(e.table.state(target))) {
            if (rng.below(2) == 0) {
                e.table.abort(target);
            }
            return;
        }
        Task t = m.taskOrNull(rng.below(Math.max(1, m.createdTasks())));
        long gtid = switch (rng.below(20)) {
            case 0 -> Gtid.NULL;
            case 1 -> Gtid.AGENT;
            case 2 -> Gtid.IDLE;
            case 3 -> -7;
            case 4 -> rng.next() >>> 1;
            case 5 -> t == null ? 0 : t.gtid + 1;
            default -> t == null ? Gtid.NULL : t.gtid;
        };
        int taskBarrier = (t == null ? 0 : t.barrier) - (rng.below(10) == 0 ? 1 : 0);
        int flags = rng.below(5) == 0 ? 0 : TransactionFlags.COMMIT_AT_TXN_COMMIT;
        for (int n = rng.below(3); n > 0; n--) {
            flags |= RUN_FLAGS[rng.below(RUN_FLAGS.length)];
        }
        long slice = rng.below(2) == 0 ? 0 : rng.below(200_000);
        int generation = e.generation - (rng.below(30) == 0 ? 1 : 0);
        e.table.open(target, gtid, taskBarrier, barrier, flags, slice, generation);
        opened.add(target);
        decisions++;
    }

    private void other() {
        int other = rng.below(m.cpus.length);
        Task t = m.taskOrNull(rng.below(Math.max(1, m.createdTasks())));
        switch (rng.below(12)) {
            case 0 -> e.ping(other);
            case 1 -> e.armTimer(other, m.now + rng.below(100_000), 1, 2);
            case 2 -> {
                if (t != null) {
                    e.associate(t.gtid, rng.below(4), t.barrier);
                }
            }
            case 3 -> e.takeResync();
            case 4 -> e.associateAgent(cpu, queue, barrier);
            default -> {
                // nothing
            }
        }
    }

    @Override
    public int messages() {
        return messages;
    }

    @Override
    public int decisions() {
        return decisions;
    }

    @Override
    public void commit() {
        if (group) {
            e.commitSyncGroup(cpu, opened);
        } else {
            e.commit(cpu, opened);
        }
    }

    @Override
    public long waitUntilNs() {
        return switch (rng.below(6)) {
            case 0 -> Policy.AGAIN;
            case 1, 2 -> m.now + rng.below(100_000);
            default -> Policy.UNTIL_MESSAGE;
        };
    }

    @Override
    public int barrier() {
        return barrier;
    }

    @Override
    public int waitFlags() {
        return rng.below(3) == 0 ? TransactionFlags.RTLA_ON_IDLE : 0;
    }

    @Override
    public boolean spins() {
        return spins;
    }
}
