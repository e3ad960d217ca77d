package org.ghosthost.enclave;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Configuration;
import org.ghosthost.policy.InKernel;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * One policy attached to one enclave: the instances that its factory made, and the last seqnum that each task's
 * messages have shown it. A global policy has one instance; a per-CPU policy one for each CPU.
 */
final class Generation {
    private static final int COUNT_STRIDE = 16; // ints of a cache line

    private final int number;
    private final PolicyRelease release;
    private final Map<String, String> configuration;
    private final Policy[] instances;
    private final int firstCpu;
    private final boolean global;
    private final @Nullable InKernel inKernel;
    private final EnclaveMemory.View memory;
    private final int memoryVersion;
    private final int[] seen;
    private final SplittableRandom[] randoms; // by CPU: each agent has its own
    private final Agent[] agents;
    private boolean leads;
    private final int[] taskCounts; // by CPU whose agent counts, far apart: their sum is the number of tasks
    private volatile @Nullable String failure;

    private Generation(int number, PolicyRelease release, Map<String, String> configuration, Policy[] instances,
            int firstCpu, EnclaveMemory.View memory, int maxTasks, long seed) {
        this.number = number;
        this.release = release;
        this.configuration = configuration;
        this.instances = instances;
        this.firstCpu = firstCpu;
        global = release.model() != PolicyModel.PER_CPU;
        inKernel = release.model() == PolicyModel.IN_KERNEL ? instances[firstCpu].inKernel() : null;
        this.memory = memory;
        memoryVersion = release.factory().policyMemoryVersion();
        seen = new int[maxTasks];
        agents = new Agent[instances.length];
        randoms = new SplittableRandom[instances.length];
        Arrays.setAll(randoms, cpu -> new SplittableRandom(seed + cpu));
        taskCounts = new int[instances.length * COUNT_STRIDE];
    }

    /** Makes the instances; whatever the factory throws comes out as one sentence. */
    static Generation create(int number, PolicyRelease release, Map<String, String> given, EnclaveMemory memory,
            CpuSet cpus, Topology topology, long seed) throws EnclaveException {
        try {
            Configuration configuration = Configuration.of(release.factory().configuration(), given);
            EnclaveMemory.View view = memory.view(release, release.factory().policyMemoryVersion());
            Policy[] instances = new Policy[cpus.last() + 1];
            boolean perCpu = release.model() == PolicyModel.PER_CPU;
            for (int cpu = cpus.first(); cpu >= 0; cpu = perCpu ? cpus.next(cpu + 1) : -1) {
                instances[cpu] = release.factory().create(new PolicyContext(perCpu ? cpu : -1, cpus.copy(), topology,
                        configuration, seed, memory.slots(), memory.statusWords(), view.memory(),
                        view.inherited()));
            }
            Generation made =
                    new Generation(number, release, given, instances, cpus.first(), view, memory.slots(), seed);
            if (release.model() == PolicyModel.IN_KERNEL && made.inKernel == null) {
                throw new IllegalArgumentException("its model is in-kernel, but it does not say how");
            }
            return made;
        } catch (IllegalArgumentException e) {
            throw new EnclaveException("policy " + release.id() + " cannot be attached: " + Thrown.message(e));
        } catch (Throwable t) { // whatever a factory throws is its own fault, not the host's
            throw new EnclaveException("policy " + release.id() + " cannot be made: it threw " + Thrown.text(t));
        }
    }

    int number() {
        return number;
    }

    PolicyRelease release() {
        return release;
    }

    Map<String, String> configuration() {
        return configuration;
    }

    boolean isGlobal() {
        return global;
    }

    /** How the backend schedules while this generation leads; null if agents decide. */
    @Nullable InKernel inKernel() {
        return inKernel;
    }

    /** The instance that decides for {@code cpu}. */
    Policy instance(int cpu) {
        return instances[global ? firstCpu : cpu];
    }

    int nextRandom(int cpu, int bound) {
        return randoms[cpu].nextInt(bound);
    }

    /** Tasks that it knows. */
    int taskCount() {
        int count = 0;
        for (int at = 0; at < taskCounts.length; at += COUNT_STRIDE) {
            count += taskCounts[at];
        }
        return count;
    }

    boolean knows(int statusWord) {
        return seen[statusWord] != 0;
    }

    /** Tells each instance its agent. */
    void attached(Agents loops, CpuSet cpus) {
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            agents[cpu] = new GenerationAgent(loops.loop(cpu).agent(), this, memory.memory());
        }
        for (int cpu = cpus.first(); cpu >= 0; cpu = isGlobal() ? CpuSet.NO_CPU : cpus.next(cpu + 1)) {
            instance(cpu).attached(agent(cpu));
        }
    }

    /** The agent of {@code cpu}, as this generation has it in hand. */
    Agent agent(int cpu) {
        return agents[cpu];
    }

    /** Tells each instance that it has been shown every task. */
    void discovered(CpuSet cpus) {
        for (int cpu = cpus.first(); cpu >= 0; cpu = isGlobal() ? CpuSet.NO_CPU : cpus.next(cpu + 1)) {
            instance(cpu).discoveryComplete();
        }
    }

    void leads(boolean yes, EnclaveMemory enclaveMemory) {
        leads = yes;
        memory.memory().writable(yes);
        if (yes) {
            enclaveMemory.ownedBy(release, memoryVersion, memory.stamp());
        }
    }

    boolean leads() {
        return leads;
    }

    /** Why it was put out, as text; null as long as it is sound. */
    @Nullable String failure() {
        return failure;
    }

    void failed(String text) {
        failure = text;
    }

    /**
     * Shows a message to the instance of {@code cpu}. What the task's earlier messages (or its discovery) have already
     * told is dropped, and so is what belongs to a task that was not shown yet.
     *
     * @return whether the policy has seen it
     */
    boolean dispatch(int cpu, Message message) {
        int type = message.type();
        if (MessageType.isTask(type)) {
            int word = message.statusWord();
            int before = seen[word];
            int seqnum = message.seqnum();
            if (type == MessageType.TASK_NEW) {
                if (before == 0) {
                    taskCounts[cpu * COUNT_STRIDE]++;
                } else if (seqnum - before <= 0) {
                    return false;
                }
            } else if (before == 0 || seqnum - before <= 0) {
                return false;
            }
            if (type == MessageType.TASK_DEAD || type == MessageType.TASK_DEPARTED) {
                seen[word] = 0;
                taskCounts[cpu * COUNT_STRIDE]--;
            } else {
                seen[word] = seqnum;
            }
        }
        Callbacks.call(instance(cpu), type, message);
        return true;
    }

    /** Shows a task again, as it is now, whatever was shown before. */
    void show(int cpu, Message message) {
        if (seen[message.statusWord()] == 0) {
            taskCounts[cpu * COUNT_STRIDE]++;
        }
        seen[message.statusWord()] = message.seqnum();
        Callbacks.call(instance(cpu), message.type(), message);
    }

    void committed(int agentCpu, int cpu, long gtid, TransactionState state) {
        instance(agentCpu).committed(cpu, gtid, state);
    }
}
