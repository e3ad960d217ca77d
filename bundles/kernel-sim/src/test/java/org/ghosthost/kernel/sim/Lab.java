package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.ArrayDeque;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;

/** A machine of a few CPUs with one enclave, tasks on strings, and checks on, for tests. */
final class Lab {
    static final long US = 1_000;
    static final long MS = 1_000_000;
    static final int INLINE = TransactionFlags.COMMIT_AT_TXN_COMMIT;

    final SimulatedKernel kernel;
    final Machine machine;
    final SimEnclave enclave;

    Lab(int cpus, String enclaveCpus) {
        this(cpus, enclaveCpus, c -> c);
    }

    Lab(int cpus, String enclaveCpus, UnaryOperator<MachineConfig> change) {
        MachineConfig config =
                MachineConfig.of(Topology.parse(Integer.toString(cpus)), 1).withInvariants(true).withStatusWords(256);
        kernel = new SimulatedKernel(change.apply(config));
        machine = kernel.machine();
        try {
            enclave = (SimEnclave) kernel.createEnclave(1, CpuSet.parse(enclaveCpus));
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    /** What a task does is said step by step; it blocks when nothing is left. */
    static final class Puppet implements TaskProgram {
        private final ArrayDeque<Function<TaskContext, Step>> steps = new ArrayDeque<>();
        int id;
        long gtid;

        @Override
        public Step next(TaskContext task) {
            Function<TaskContext, Step> step = steps.poll();
            return step == null ? task.block() : step.apply(task);
        }

        Puppet then(Function<TaskContext, Step> step) {
            steps.add(step);
            return this;
        }

        Puppet runs(long ns) {
            return then(t -> t.run(ns));
        }

        Puppet yields() {
            return then(TaskContext::yield);
        }

        Puppet exits() {
            return then(TaskContext::exit);
        }
    }

    /** A task of the ghost class that starts now. */
    Puppet ghost(String name) {
        return spawn(SchedulingClass.GHOST, name, null);
    }

    Puppet fair(String name, int... cpus) {
        return spawn(SchedulingClass.FAIR, name, cpus.length == 0 ? null : CpuSet.of(cpus));
    }

    Puppet rt(String name, int... cpus) {
        return spawn(SchedulingClass.RT, name, cpus.length == 0 ? null : CpuSet.of(cpus));
    }

    Puppet spawn(SchedulingClass schedulingClass, String name, CpuSet affinity) {
        Puppet puppet = new Puppet();
        TaskSpec spec = new TaskSpec(name, 0, schedulingClass, 0, affinity, 0, null, puppet);
        puppet.id = kernel.spawn(spec, enclave);
        puppet.gtid = machine.task(puppet.id).gtid;
        return puppet;
    }

    ScriptedAgent agent(int cpu) {
        return ScriptedAgent.attach(enclave, cpu, false);
    }

    /** A spinning agent whose queue is the default one. */
    ScriptedAgent globalAgent(int cpu) {
        ScriptedAgent agent = ScriptedAgent.attach(enclave, cpu, true);
        defaultQueue(agent.queue);
        return agent;
    }

    void defaultQueue(int queue) {
        try {
            enclave.setDefaultQueue(queue);
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    void set(Tunable tunable, long value) {
        try {
            enclave.setTunable(tunable, value);
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    Task task(Puppet puppet) {
        Task task = machine.taskOrNull(puppet.id);
        assertNotNull(task, "the task is dead");
        return task;
    }

    boolean onCpu(Puppet puppet, int cpu) {
        Task task = machine.taskOrNull(puppet.id);
        return task != null && task.onCpu == cpu;
    }

    void wake(Puppet puppet) {
        machine.life.wake(puppet.id, 0);
    }

    void settle() {
        kernel.runFor(50 * US);
    }

    /** One pass of the agent that commits the task to the CPU as it is now; its outcome. */
    TransactionState commit(ScriptedAgent by, Puppet puppet, int cpu, int flags) {
        return commit(by, puppet.gtid, machine.find(puppet.gtid) == null ? 0 : task(puppet).barrier, cpu, flags);
    }

    TransactionState commit(ScriptedAgent by, long gtid, int barrier, int cpu, int flags) {
        by.script = a -> a.open(cpu, gtid, barrier, flags);
        pass(by);
        return by.outcome(cpu);
    }

    /** Makes the agent do one pass with its present script, and nothing in later ones. */
    void pass(ScriptedAgent agent) {
        var script = agent.script;
        boolean[] done = new boolean[1];
        agent.script = a -> {
            if (!done[0]) {
                done[0] = true;
                script.accept(a);
            }
        };
        enclave.ping(agent.cpu);
        settle();
        if (!done[0]) {
            throw new AssertionError("the agent of CPU " + agent.cpu + " did no pass");
        }
    }

    /** Runs the task on the CPU; the agent of that CPU must sleep. */
    void run(ScriptedAgent by, Puppet puppet, int cpu) {
        TransactionState state = commit(by, puppet, cpu, INLINE);
        if (state != TransactionState.COMPLETE) {
            throw new AssertionError("commit of " + task(puppet) + " on CPU " + cpu + ": " + state);
        }
    }

    /** Messages of the agent from here on. */
    String log(ScriptedAgent agent) {
        String log = agent.log();
        agent.seen.clear();
        return log;
    }
}
