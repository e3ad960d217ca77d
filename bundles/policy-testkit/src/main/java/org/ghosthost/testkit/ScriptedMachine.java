package org.ghosthost.testkit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.policy.Configuration;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * A machine that does what a test tells it, step by step: tasks wake, block and die on command, a pass is run on
 * command, and its decisions come back as text. Nothing happens by itself. For what a policy does to a workload use
 * the simulated machine; this one is for the single step: which task comes first, what a refused decision leads to.
 *
 * <p>A commit is decided when the pass ends, by the rules of the kernel as far as one step needs them: barrier, on a
 * CPU or not, runnable or not, allowed CPUs, then what {@link #refuse} says. A task that replaces another makes the
 * other's PREEMPT at once. One thread.
 */
public final class ScriptedMachine {
    final Topology topology;
    final CpuSet cpus;
    final PolicyModel model;
    final ScriptedKernel kernel;
    final MemorySegment kept =
            Arena.ofAuto().allocate((long) ScriptedKernel.MAX_TASKS * PolicyMemory.SLOT_SIZE, 64);
    PolicyMemory policyMemory = new PolicyMemory(kept);
    PolicyMemory followersMemory = new PolicyMemory(kept);
    final Map<Integer, PrioTable> prioTables = new HashMap<>();
    final CpuSet unavailable = new CpuSet();
    final CpuSet boosted = new CpuSet();
    int globalCpu;
    int mailCapacity = 256;

    private final Map<Integer, ScriptedAgent> agents = new TreeMap<>();
    private final List<Decision> delayed = new ArrayList<>();
    private Policy[] leader;
    private Policy @Nullable [] follower;
    private boolean delays;
    private long waitUntilNs;

    private record Decision(int agentCpu, int cpu, long gtid, TransactionState state) {}

    /** A machine of {@code cpus} equal CPUs, all of them in the enclave, under a policy with its default values. */
    public static ScriptedMachine of(PolicyFactory policy, PolicyModel model, int cpus) {
        return new ScriptedMachine(policy, model, Topology.parse("" + cpus), CpuSet.range(0, cpus - 1), Map.of());
    }

    /** A machine whose policy leads already. The global agent, or the first one, is on the lowest CPU. */
    public ScriptedMachine(PolicyFactory policy, PolicyModel model, Topology topology, CpuSet cpus,
            Map<String, String> configuration) {
        this.topology = topology;
        this.cpus = cpus.frozen();
        this.model = model;
        globalCpu = cpus.first();
        kernel = new ScriptedKernel(this.cpus);
        cpus.forEach(cpu -> agents.put(cpu, new ScriptedAgent(this, cpu)));
        policyMemory.writable(true);
        leader = make(policy, configuration, policyMemory, 0);
        forEachInstance(leader, (cpu, instance) -> {
            instance.attached(agent(cpu));
            instance.discoveryComplete();
            instance.lead(agent(cpu));
        });
    }

    private Policy[] make(PolicyFactory factory, Map<String, String> given, PolicyMemory memory, int inherited) {
        Policy[] instances = new Policy[cpus.last() + 1];
        Configuration configuration = Configuration.of(factory.configuration(), given);
        boolean perCpu = model == PolicyModel.PER_CPU;
        for (int cpu = cpus.first(); cpu >= 0; cpu = perCpu ? cpus.next(cpu + 1) : CpuSet.NO_CPU) {
            instances[cpu] = factory.create(new PolicyContext(perCpu ? cpu : -1, cpus, topology, configuration, 1,
                    ScriptedKernel.MAX_TASKS, kernel.statusWords(), memory, inherited));
        }
        return instances;
    }

    private interface InstanceAction {
        void apply(int cpu, Policy instance);
    }

    private static void forEachInstance(Policy @Nullable [] instances, InstanceAction action) {
        for (int cpu = 0; instances != null && cpu < instances.length; cpu++) {
            if (instances[cpu] != null) {
                action.apply(cpu, instances[cpu]);
            }
        }
    }

    private ScriptedAgent agent(int cpu) {
        ScriptedAgent agent = agents.get(model == PolicyModel.GLOBAL && cpu == cpus.first() ? globalCpu : cpu);
        if (agent == null) {
            throw new IllegalArgumentException("CPU " + cpu + " is not of the enclave: " + cpus);
        }
        return agent;
    }

    private Policy instance(Policy[] instances, int cpu) {
        return instances[model == PolicyModel.GLOBAL ? cpus.first() : cpu];
    }

    // ---- the script

    /** A task enters, able to run. */
    public ScriptedTask enter(String name) {
        return enter(name, true);
    }

    /** A task enters. */
    public ScriptedTask enter(String name, boolean runnable) {
        ScriptedTask task = kernel.add(name);
        task.enter(runnable);
        return task;
    }

    /** Time passes. */
    public void advance(long ns) {
        kernel.nowNs += ns;
    }

    /** Present time, ns. */
    public long now() {
        return kernel.nowNs;
    }

    /** Other classes have, or leave, a CPU. */
    public void available(int cpu, boolean is) {
        if (is) {
            unavailable.remove(cpu);
        } else {
            unavailable.add(cpu);
        }
    }

    /** Other classes want, or do not want, the CPU of an agent. */
    public void boosted(int cpu, boolean is) {
        if (is) {
            boosted.add(cpu);
        } else {
            boosted.remove(cpu);
        }
    }

    /** The next decision for {@code cpu} that would succeed ends so. */
    public void refuse(int cpu, TransactionState state) {
        kernel.refuse(cpu, state);
    }

    /** From now on outcomes are kept back until {@link #deliverOutcomes}, or a message of the task. */
    public void delayOutcomes() {
        delays = true;
    }

    /** Letters that fit into the ring from one agent to another. */
    public void mailCapacity(int letters) {
        mailCapacity = letters;
    }

    /** Messages of a queue are lost, as when it overflows. */
    public void loseMessages(int cpu) {
        kernel.queue(cpu).clear();
    }

    /** What is done after an overflow: every task is shown as it is, those that ended unseen are gone. */
    public void resync() {
        deliverOutcomes();
        forEachInstance(leader, (cpu, instance) -> {
            showAll(instance, cpu);
            instance.discoveryComplete();
        });
    }

    /** Tasks that enter from now on are threads of this process; without it, each is a process of its own. */
    public void process(int tgid) {
        kernel.tgid = tgid;
    }

    /** A process has a PrioTable from now on. */
    public void prioTable(int tgid, PrioTable table) {
        prioTables.put(tgid, table);
    }

    // ---- passes

    /** A pass of the global agent, or of the first CPU's; its successful decisions as in {@code "1=A 2=B"}. */
    public String pass() {
        return pass(globalCpu);
    }

    /** A pass of one CPU's agent. */
    public String pass(int cpu) {
        ScriptedAgent agent = agents.get(cpu);
        if (agent == null) {
            throw new IllegalArgumentException("CPU " + cpu + " is not of the enclave: " + cpus);
        }
        agent.beginPass();
        deliver(cpu);
        agent.readMail(instance(leader, cpu));
        showMessages(cpu);
        waitUntilNs = instance(leader, cpu).schedule(agent);
        String decisions = commit(agent);
        if (agent.moveGlobalTo >= 0) {
            globalCpu = agent.moveGlobalTo;
        }
        return decisions;
    }

    /** Shows the policy the messages of one CPU's queue, without a pass, and without the mail that came before. */
    public void showMessages(int cpu) {
        Deque<MemorySegment> queue = kernel.queue(model == PolicyModel.GLOBAL ? cpus.first() : cpu);
        while (!queue.isEmpty()) {
            show(queue.removeFirst(), cpu);
        }
    }

    /** All tasks that run go to sleep. */
    public void blockAll() {
        for (ScriptedTask task : kernel.tasks()) {
            if (task.cpu >= 0) {
                task.blocks();
            }
        }
    }

    /** Passes of all agents, in turn, until none decides or sends anything more. */
    public String passAll() {
        StringBuilder all = new StringBuilder();
        boolean moved;
        int rounds = 0;
        do {
            moved = false;
            for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
                String decisions = pass(cpu);
                all.append(all.isEmpty() || decisions.isEmpty() ? "" : " ").append(decisions);
                moved |= !decisions.isEmpty();
            }
            moved |= agents.values().stream().anyMatch(ScriptedAgent::hasMail);
            if (++rounds > 100) {
                throw new AssertionError("the agents do not come to rest: " + all);
            }
        } while (moved);
        return all.toString();
    }

    /** What the last pass wants to wait for: a time, ns, or one of the constants of {@link Policy}. */
    public long waitUntilNs() {
        return waitUntilNs;
    }

    /** Tells the outcomes that were kept back. */
    public void deliverOutcomes() {
        for (Decision decision : List.copyOf(delayed)) {
            tell(decision);
        }
        delayed.clear();
    }

    /** A policy of the same model begins to follow, and is shown all tasks. */
    public void follow(PolicyFactory factory, Map<String, String> configuration, int inherited) {
        followersMemory = new PolicyMemory(kept);
        Policy[] next = make(factory, configuration, followersMemory, inherited);
        follower = next;
        forEachInstance(next, (cpu, instance) -> instance.attached(agent(cpu)));
        forEachInstance(next, (cpu, instance) -> showAll(instance, cpu));
        forEachInstance(next, (cpu, instance) -> instance.discoveryComplete());
    }

    /** The follower leads; who led follows. */
    public void swap() {
        Policy[] next = follower;
        if (next == null) {
            throw new IllegalStateException("nobody follows");
        }
        follower = leader;
        leader = next;
        PolicyMemory memory = policyMemory;
        policyMemory = followersMemory;
        followersMemory = memory;
        policyMemory.writable(true);
        followersMemory.writable(false);
        forEachInstance(next, (cpu, instance) -> instance.lead(agent(cpu)));
    }

    private void showAll(Policy instance, int cpu) {
        for (ScriptedTask task : kernel.tasks()) {
            if (!task.gone && (model == PolicyModel.GLOBAL || task.queueCpu == cpu)) {
                instance.taskNew(new Message().wrap(kernel.discover(task), 0));
            }
        }
    }

    /** Which task is on each CPU, as in {@code "1=A 2=B"}. */
    public String running() {
        return kernel.running();
    }

    /** The dump of the policy that leads. */
    public String dump() {
        StringBuilder out = new StringBuilder();
        forEachInstance(leader, (cpu, instance) -> instance.dump(out));
        return out.toString();
    }

    /** The instance that leads on {@code cpu}. */
    public Policy policy(int cpu) {
        return instance(leader, cpu);
    }

    /** CPU of the global agent. */
    public int globalCpu() {
        return globalCpu;
    }

    // ---- commits

    private String commit(ScriptedAgent agent) {
        Map<Integer, ScriptedTask> decided = new TreeMap<>();
        for (ScriptedAgent.Opened opened : agent.takeOpened()) {
            ScriptedTask task = kernel.find(opened.gtid());
            TransactionState state = kernel.decide(opened, task);
            if (state == TransactionState.COMPLETE && task != null) {
                decided.put(opened.cpu(), task);
                kernel.preemptAt(opened.cpu());
                kernel.switchTo(task, opened.cpu());
            } else if (state == TransactionState.COMPLETE) {
                kernel.preemptAt(opened.cpu());
            }
            Decision decision = new Decision(agent.cpu(), opened.cpu(), opened.gtid(), state);
            if (delays || opened.cpu() == agent.cpu()) {
                agent.pending.add(opened.cpu());
                delayed.add(decision);
            } else {
                tell(decision);
            }
        }
        return ScriptedKernel.text(decided);
    }

    private void tell(Decision decision) {
        ScriptedAgent agent = agent(decision.agentCpu);
        agent.pending.remove(decision.cpu);
        instance(leader, decision.agentCpu).committed(decision.cpu, decision.gtid, decision.state);
        if (follower != null) {
            instance(follower, decision.agentCpu).committed(decision.cpu, decision.gtid, decision.state);
        }
    }

    /** Outcomes of own-CPU decisions come when the agent runs again. */
    private void deliver(int agentCpu) {
        for (Decision decision : List.copyOf(delayed)) {
            if (!delays && decision.agentCpu == agentCpu) {
                delayed.remove(decision);
                tell(decision);
            }
        }
    }

    private void deliver(long gtid) {
        for (Decision decision : List.copyOf(delayed)) {
            if (decision.gtid == gtid) {
                delayed.remove(decision);
                tell(decision);
            }
        }
    }

    ScriptedAgent loop(int cpu) {
        return agent(cpu);
    }

    // ---- messages

    private void show(MemorySegment record, int cpu) {
        Message message = new Message().wrap(record, 0);
        deliver(message.gtid());
        call(instance(leader, cpu), message);
        if (follower != null) {
            call(instance(follower, cpu), message);
        }
        int type = message.type();
        if (type == MessageType.TASK_DEAD || type == MessageType.TASK_DEPARTED) {
            kernel.freeWord(message.statusWord());
        }
    }

    private static void call(Policy policy, Message message) {
        switch (message.type()) {
            case MessageType.TASK_NEW -> policy.taskNew(message);
            case MessageType.TASK_WAKEUP -> policy.taskWakeup(message);
            case MessageType.TASK_BLOCKED -> policy.taskBlocked(message);
            case MessageType.TASK_PREEMPT -> policy.taskPreempted(message);
            case MessageType.TASK_YIELD -> policy.taskYield(message);
            case MessageType.TASK_DEAD -> policy.taskDead(message);
            case MessageType.TASK_DEPARTED -> policy.taskDeparted(message);
            case MessageType.TASK_SWITCHTO -> policy.taskSwitchto(message);
            case MessageType.TASK_AFFINITY_CHANGED -> policy.taskAffinityChanged(message);
            case MessageType.TASK_PRIORITY_CHANGED -> policy.taskPriorityChanged(message);
            default -> throw new AssertionError("not scripted: " + message);
        }
    }
}
