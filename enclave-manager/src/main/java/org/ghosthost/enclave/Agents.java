package org.ghosthost.enclave;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.InKernel;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;

/**
 * The agents of an enclave and their queues: one of each for every CPU, as long as the enclave lives. A global policy
 * is called by one of the agents and polls; the others are satellites. Under a per-CPU policy a message wakes the agent
 * of its queue.
 */
final class Agents {
    /** Messages that fit into the queue which new tasks send to. */
    static final int DEFAULT_QUEUE_ELEMENTS = 65536;
    /** Messages that fit into the queue of one CPU. */
    static final int CPU_QUEUE_ELEMENTS = 4096;

    private static final int MAX_ASSOCIATE_TRIES = 64;

    private final KernelEnclave kernel;
    private final CpuSet cpus;
    private final int firstCpu;
    private final AgentLoop[] loops;
    private final int[] queues;
    private final int[] agentWords;
    private final short[] owners;
    private volatile int globalCpu;
    private volatile int wantedGlobalCpu = CpuSet.NO_CPU;
    private boolean countsScattered;
    private int scatteredTasks;
    private boolean scatteredMessages;

    Agents(KernelEnclave kernel, CpuSet cpus) throws KernelException {
        this.kernel = kernel;
        this.cpus = cpus;
        firstCpu = cpus.first();
        globalCpu = firstCpu;
        loops = new AgentLoop[cpus.last() + 1];
        queues = new int[cpus.last() + 1];
        agentWords = new int[cpus.last() + 1];
        Arrays.fill(agentWords, -1);
        owners = new short[kernel.statusWords().capacity()];
        Arrays.fill(owners, (short) firstCpu);
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            queues[cpu] = kernel.createQueue(cpu == firstCpu ? DEFAULT_QUEUE_ELEMENTS : CPU_QUEUE_ELEMENTS);
        }
        kernel.setDefaultQueue(queues[firstCpu]);
    }

    void attach(Enclave enclave) throws KernelException {
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            loops[cpu] = new AgentLoop(enclave, kernel, cpu);
            int word = kernel.attachAgent(cpu, queues[cpu], loops[cpu]);
            agentWords[cpu] = word;
            loops[cpu].attached(new PolicyAgent(enclave, kernel, cpu, word, loops.length), word);
        }
    }

    AgentLoop loop(int cpu) {
        return loops[cpu];
    }

    int statusWord(int cpu) {
        return cpu >= 0 && cpu < agentWords.length ? agentWords[cpu] : -1;
    }

    int queue(int cpu) {
        return queues[cpu];
    }

    /** CPU whose queue new tasks send to. */
    int defaultQueueCpu() {
        return firstCpu;
    }

    // ---- who decides

    /** CPU of the global agent; -1 under a per-CPU policy. */
    int globalCpu(Generation leader) {
        return leader.isGlobal() ? globalCpu : CpuSet.NO_CPU;
    }

    boolean decides(Generation leader, int cpu) {
        return !leader.isGlobal() || cpu == globalCpu;
    }

    boolean spins(Generation leader, int cpu) {
        return leader.isGlobal() && cpu == globalCpu && leader.inKernel() == null;
    }

    /** The global agent gives the lead to the one of {@code cpu}, as soon as neither is in a pass. */
    void wantGlobal(int cpu) {
        wantedGlobalCpu = cpu;
    }

    boolean globalIsToMove() {
        return wantedGlobalCpu != CpuSet.NO_CPU;
    }

    /** Called when no agent is in a pass but the caller. */
    void moveGlobalIfWanted() {
        int cpu = wantedGlobalCpu;
        if (cpu != CpuSet.NO_CPU) {
            wantedGlobalCpu = CpuSet.NO_CPU;
            loops[globalCpu].agent().handOverPending(at -> loops[cpu].agent());
            globalCpu = cpu;
            kernel.ping(cpu);
        }
    }

    /** The first generation of the enclave leads. */
    void begin(Generation first) {
        kernel.setGeneration(first.number());
        setModel(first);
        pingAll();
    }

    /** The lead has passed. What does not change is not touched: everybody waits for this. */
    void led(Generation before, Generation now) {
        kernel.setGeneration(now.number());
        if (before.isGlobal() != now.isGlobal()) {
            setModel(now);
            pingAll();
        } else if (now.isGlobal()) {
            kernel.ping(globalCpu);
        } else {
            pingAll();
        }
    }

    /** Under a per-CPU policy each queue wakes its agent; under a global one they are polled. */
    private void setModel(Generation generation) {
        globalCpu = firstCpu;
        wantedGlobalCpu = CpuSet.NO_CPU;
        scatteredMessages = true;
        countsScattered = generation.isGlobal(); // under a per-CPU policy nobody asks, and many agents would count
        scatteredTasks = countsScattered ? countScattered() : 0;
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            try {
                kernel.configWakeup(queues[cpu], generation.isGlobal() ? CpuSet.NO_CPU : cpu);
            } catch (KernelException e) {
                throw new AssertionError("queue of CPU " + cpu + ": " + e.getMessage(), e);
            }
            associateAgent(cpu, queues[generation.isGlobal() ? firstCpu : cpu]);
            loops[cpu].agent().handOverPending(at -> loops[generation.isGlobal() ? firstCpu : at].agent());
        }
    }

    private void associateAgent(int cpu, int queue) {
        int result = -1;
        for (int i = 0; i < MAX_ASSOCIATE_TRIES && result < 0; i++) { // a message may raise the barrier meanwhile
            result = kernel.associateAgent(cpu, queue, kernel.statusWords().barrier(loops[cpu].agentWord()));
        }
    }

    /** Lets the backend decide, or the agents. */
    void setMode(Generation generation) throws KernelException {
        InKernel inKernel = generation.inKernel();
        EnclaveMode mode = inKernel == null ? EnclaveMode.AGENTS
                : switch (inKernel.order()) {
                    case FIFO -> EnclaveMode.FIFO;
                    case VRUNTIME -> EnclaveMode.VRUNTIME;
                };
        if (inKernel != null || kernel.mode() != mode) {
            kernel.setMode(mode, inKernel == null ? 0 : inKernel.sliceNs());
        }
    }

    void tellLead(Generation generation) {
        if (generation.isGlobal()) {
            generation.instance(firstCpu).lead(generation.agent(globalCpu));
            return;
        }
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            generation.instance(cpu).lead(generation.agent(cpu));
        }
    }

    boolean anyMidPass() {
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            if (loops[cpu].midPass()) {
                return true;
            }
        }
        return false;
    }

    /** Takes back every transaction that is not decided. */
    void abandonAll() {
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            loops[cpu].agent().abandon();
        }
    }

    void pingAll() {
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            kernel.ping(cpu);
        }
    }

    // ---- which CPU's queue a task sends to

    /** CPU whose queue the task sends to, as far as its messages have shown. */
    int owner(int statusWord) {
        return owners[statusWord];
    }

    /** Whether a global agent must look into other queues than its own. */
    boolean scattered() {
        return scatteredTasks > 0 || scatteredMessages;
    }

    void drainedScattered(boolean empty) {
        scatteredMessages = !empty;
    }

    /**
     * A message has come by the queue of {@code queueCpu}; a global leader brings the task to its own queue.
     *
     * @return CPU whose queue the task sends to from now on
     */
    int taskSeen(Generation leader, int queueCpu, Message message) {
        int word = message.statusWord();
        if (queueCpu == firstCpu && owners[word] == firstCpu) {
            return firstCpu;
        }
        own(word, queueCpu);
        boolean brought = leader.isGlobal() && queueCpu != firstCpu
                && kernel.associate(message.gtid(), queues[firstCpu], message.seqnum()) >= 0;
        return brought ? firstCpu : queueCpu;
    }

    void taskGone(int statusWord) {
        own(statusWord, firstCpu);
        kernel.freeStatusWord(statusWord);
    }

    void own(int statusWord, int cpu) {
        if (countsScattered) {
            scatteredTasks += (cpu == firstCpu ? 0 : 1) - (owners[statusWord] == firstCpu ? 0 : 1);
        }
        owners[statusWord] = (short) cpu;
    }

    private int countScattered() {
        int count = 0;
        for (short owner : owners) {
            count += owner == firstCpu ? 0 : 1;
        }
        return count;
    }

    // ---- totals

    long passes() {
        return sum(AgentLoop::passes);
    }

    long messages() {
        return sum(AgentLoop::messageCount);
    }

    /** Messages that told the leader nothing new. */
    long staleMessages() {
        return sum(AgentLoop::staleCount);
    }

    long decisions() {
        return sum(AgentLoop::decisionCount);
    }

    /** Number of transactions by state, those that occurred. */
    Map<String, Long> transactions() {
        Map<String, Long> counts = new TreeMap<>();
        for (TransactionState state : TransactionState.values()) {
            long count = sum(loop -> loop.agent().count(state));
            if (count > 0) {
                counts.put(state.name(), count);
            }
        }
        return counts;
    }

    private long sum(ToLongFunction<AgentLoop> value) {
        long sum = 0;
        for (int cpu = firstCpu; cpu >= 0; cpu = cpus.next(cpu + 1)) {
            sum += value.applyAsLong(loops[cpu]);
        }
        return sum;
    }
}
