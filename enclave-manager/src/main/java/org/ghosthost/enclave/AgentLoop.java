package org.ghosthost.enclave;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.topology.CpuSet;

/**
 * The agent of one CPU: barrier, messages, callbacks, schedule, commit, outcomes, safe point. Owned by the enclave and
 * older than every policy that runs in it.
 */
final class AgentLoop implements AgentPass, KernelEnclave.MessageHandler, Mailbox.Reader {
    /** Messages handled in one pass; the rest wait for the next. */
    static final int MAX_MESSAGES_PER_PASS = 256;

    /** While the backend decides, messages wake nobody and are looked at now and then. */
    private static final long IN_KERNEL_LOOK_NS = 10_000_000;

    private final Enclave enclave;
    private final Agents agents;
    private final Lead lead;
    private final Chronicle chronicle;
    private final KernelEnclave kernel;
    private final StatusWords statusWords;
    private final int cpu;
    private final AtomicReferenceArray<Mailbox> mail;
    private int agentWord;
    private PolicyAgent agent;

    private volatile boolean midPass;
    private boolean alone;
    private boolean deciding;
    private int drainedQueueCpu;
    private int messages;
    private int sender;
    private int barrier;
    private long waitUntilNs;
    private long passes;
    private long decisions;
    private long handled;
    private long stale;

    @SuppressWarnings("NullAway") // agent is set by attached, before the first pass
    AgentLoop(Enclave enclave, KernelEnclave kernel, int cpu) {
        this.enclave = enclave;
        agents = enclave.agents();
        lead = enclave.lead();
        chronicle = enclave.chronicle();
        this.kernel = kernel;
        this.cpu = cpu;
        statusWords = kernel.statusWords();
        mail = new AtomicReferenceArray<>(enclave.cpuSet().last() + 1);
    }

    void attached(PolicyAgent policyAgent, int statusWord) {
        agent = policyAgent;
        agentWord = statusWord;
    }

    int cpu() {
        return cpu;
    }

    int agentWord() {
        return agentWord;
    }

    PolicyAgent agent() {
        return agent;
    }

    /** Whether a pass has begun and not ended; read by the other loops of the enclave. */
    boolean midPass() {
        return midPass;
    }

    long passes() {
        return passes;
    }

    long decisionCount() {
        return decisions;
    }

    long messageCount() {
        return handled;
    }

    long staleCount() {
        return stale;
    }

    // ---- the pass

    @Override
    public boolean mustBeAlone() {
        return lead.mustBeAlone() || agents.globalIsToMove();
    }

    @Override
    public void decide(boolean isAlone) {
        alone = isAlone;
        if (alone) {
            agents.moveGlobalIfWanted();
        }
        messages = 0;
        barrier = statusWords.barrier(agentWord);
        agent.beginPass(enclave.clock(), barrier);
        waitUntilNs = Policy.UNTIL_MESSAGE;
        midPass = true; // before leaving() is read: pairs with the safe point that stores it and then looks here
        Generation leader = lead.leader();
        deciding = agents.decides(leader, cpu) && !lead.leaving() && leader.failure() == null;
        if (!deciding) {
            midPass = false;
            return;
        }
        try {
            agent.decideFor(leader.number());
            agent.collectPending();
            boolean more = drainAll(leader);
            waitUntilNs = leader.instance(cpu).schedule(leader.agent(cpu));
            if (more || lead.mustHurry()) {
                waitUntilNs = Policy.AGAIN;
            } else if (leader.inKernel() != null) {
                waitUntilNs = Math.min(waitUntilNs, agent.now() + IN_KERNEL_LOOK_NS);
            }
        } catch (Throwable t) { // whatever a policy throws ends that policy, not the host
            lead.leaderFailed(leader, t);
            agent.abandon();
            waitUntilNs = Policy.AGAIN;
        }
    }

    @Override
    public void commit() {
        if (deciding) {
            passes++;
            handled += messages;
            decisions += agent.decisions();
            agent.commit();
            if (agent.moveGlobalTo() != CpuSet.NO_CPU) {
                agents.wantGlobal(agent.moveGlobalTo());
            }
        }
        midPass = false;
        if (safePoint() || (deciding && agent.hasFailed())) {
            waitUntilNs = Policy.AGAIN;
        } else if (waitUntilNs != Policy.AGAIN) {
            waitUntilNs = Math.min(waitUntilNs, lead.deadlineNs());
        }
    }

    /** Whether this agent must look again at once. What concerns others waits until this one is alone. */
    private boolean safePoint() {
        if (!alone) {
            return mustBeAlone();
        }
        agents.moveGlobalIfWanted();
        return lead.safePoint(deciding);
    }

    private boolean drainAll(Generation leader) {
        if (kernel.takeResync()) {
            lead.wantResync();
        }
        if (alone && lead.resyncWanted()) {
            while (drainQueues(leader)) {
                Thread.onSpinWait(); // bounded by what the queues hold
            }
            lead.resync();
        }
        boolean more = drainQueues(leader);
        lead.follow();
        return more;
    }

    /** Handovers first, then messages; whether there may be more. */
    private boolean drainQueues(Generation leader) {
        if (!leader.isGlobal()) {
            readMail();
            return drain(cpu) == MAX_MESSAGES_PER_PASS;
        }
        int first = agents.defaultQueueCpu();
        boolean more = drain(first) == MAX_MESSAGES_PER_PASS;
        return agents.scattered() ? drainScattered(first) || more : more;
    }

    /** After a per-CPU policy, tasks still send to the queues of many CPUs. */
    private boolean drainScattered(int first) {
        boolean more = false;
        boolean empty = true;
        CpuSet cpus = enclave.cpuSet();
        for (int other = cpus.first(); other >= 0; other = cpus.next(other + 1)) {
            if (other != first) {
                int drained = drain(other);
                more |= drained == MAX_MESSAGES_PER_PASS;
                empty &= drained == 0;
            }
        }
        agents.drainedScattered(empty);
        return more;
    }

    private int drain(int queueCpu) {
        drainedQueueCpu = queueCpu;
        int drained = kernel.drain(agents.queue(queueCpu), this, MAX_MESSAGES_PER_PASS);
        messages += drained;
        return drained;
    }

    @Override
    public void message(Message message) {
        chronicle.message(message);
        if (!lead.message(drainedQueueCpu, message)) {
            stale++;
        }
    }

    // ---- mail from other agents

    boolean receive(int from, long gtid, int statusWord, long word) {
        Mailbox box = mail.get(from);
        if (box == null) {
            box = new Mailbox();
            mail.setRelease(from, box);
        }
        boolean put = box.put(lead.leader().number(), gtid, statusWord, word);
        kernel.ping(cpu);
        return put;
    }

    private void readMail() {
        for (int from = 0; from < mail.length(); from++) {
            Mailbox box = mail.getAcquire(from);
            if (box != null) {
                sender = from;
                box.read(this);
            }
        }
    }

    @Override
    public void letter(int generation, long gtid, int statusWord, long word) {
        Generation leader = lead.leader();
        if (generation == leader.number()) {
            leader.instance(cpu).received(sender, gtid, statusWord, word);
        }
    }

    // ---- what the backend asks

    @Override
    public int messages() {
        return messages;
    }

    @Override
    public int decisions() {
        return agent.decisions();
    }

    @Override
    public long waitUntilNs() {
        return waitUntilNs;
    }

    @Override
    public int barrier() {
        return barrier;
    }

    @Override
    public int waitFlags() {
        return deciding && agent.boosted() ? TransactionFlags.RTLA_ON_IDLE : 0;
    }

    @Override
    public boolean spins() {
        return agents.spins(lead.leader(), cpu);
    }
}
