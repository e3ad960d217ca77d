package org.ghosthost.kernel.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;

/** An agent for tests: writes down all messages, and does in each pass what the test says. */
final class ScriptedAgent implements AgentPass {
    /** One message, kept. */
    record Seen(int type, long gtid, int seqnum, int cpu, int statusWord, boolean runnable, boolean wasLatched,
            boolean fromSwitchto, boolean wasCurrent, boolean isAgent, long timeNs, long cpuSeqnum, long runtimeNs,
            int nice, int wakerCpu, long timerType, long data) {
        static Seen of(Message m) {
            return new Seen(m.type(), m.gtid(), m.seqnum(), m.cpu(), m.statusWord(), m.runnable(), m.wasLatched(),
                    m.fromSwitchto(), m.wasCurrent(), m.isAgent(), m.timeNs(), m.cpuSeqnum(), m.runtimeNs(), m.nice(),
                    m.wakerCpu(), m.timerType(), m.timerCookie());
        }

        String name() {
            return MessageType.name(type) + (wasLatched ? "(latched)" : "") + (fromSwitchto ? "(chain)" : "");
        }
    }

    final KernelEnclave enclave;
    final int cpu;
    final int queue;
    final List<Seen> seen = new ArrayList<>();
    /** What the agent decides, after the messages were read. */
    Consumer<ScriptedAgent> script = a -> {};
    /** What it does after the commit. */
    Consumer<ScriptedAgent> after = a -> {};
    boolean spins;
    long waitUntil = Policy.UNTIL_MESSAGE;
    int waitFlags;
    int passes;
    int generation;
    int word = -1;

    private final CpuSet opened = new CpuSet();
    private int barrier;
    private int messages;
    private int decisions;
    private boolean group;
    boolean groupResult;

    ScriptedAgent(KernelEnclave enclave, int cpu, int queue, boolean spins) {
        this.enclave = enclave;
        this.cpu = cpu;
        this.queue = queue;
        this.spins = spins;
    }

    /** Makes the agent with a queue of its own that wakes it (or is polled, if it spins). */
    static ScriptedAgent attach(KernelEnclave enclave, int cpu, boolean spins) {
        try {
            int queue = enclave.createQueue(1024);
            ScriptedAgent agent = new ScriptedAgent(enclave, cpu, queue, spins);
            enclave.configWakeup(queue, spins ? -1 : cpu);
            agent.word = enclave.attachAgent(cpu, queue, agent);
            return agent;
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    // ---- for scripts

    void open(int cpu, long gtid, int taskBarrier, int flags) {
        open(cpu, gtid, taskBarrier, flags, 0);
    }

    void open(int cpu, long gtid, int taskBarrier, int flags, long sliceNs) {
        enclave.transactions().open(cpu, gtid, taskBarrier, barrier, flags, sliceNs, generation);
        opened.add(cpu);
        decisions++;
    }

    void asGroup() {
        group = true;
    }

    int taskBarrier(long gtid) {
        int last = 0;
        for (Seen s : seen) {
            if (s.gtid == gtid) {
                last = s.seqnum;
            }
        }
        return last;
    }

    TransactionState outcome(int cpu) {
        int state = enclave.transactions().state(cpu);
        if (!TransactionState.isResult(state)) {
            throw new AssertionError("transaction of CPU " + cpu + " has no outcome yet: " + state);
        }
        return TransactionState.of(state);
    }

    /** Names of the messages since the start, in order. */
    String log() {
        StringBuilder out = new StringBuilder();
        for (Seen s : seen) {
            out.append(out.isEmpty() ? "" : " ").append(s.name().replace("TASK_", ""));
        }
        return out.toString();
    }

    // ---- AgentPass

    @Override
    public boolean mustBeAlone() {
        return false;
    }

    @Override
    public void decide(boolean alone) {
        passes++;
        opened.clear();
        decisions = 0;
        group = false;
        barrier = enclave.statusWords().barrier(word);
        messages = enclave.drain(queue, m -> seen.add(Seen.of(m)), 256);
        script.accept(this);
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
            groupResult = enclave.commitSyncGroup(cpu, opened);
        } else {
            enclave.commit(cpu, opened);
        }
        after.accept(this);
    }

    @Override
    public long waitUntilNs() {
        return waitUntil;
    }

    @Override
    public int barrier() {
        return barrier;
    }

    @Override
    public int waitFlags() {
        return waitFlags;
    }

    @Override
    public boolean spins() {
        return spins;
    }
}
