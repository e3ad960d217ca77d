package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.MachineObserver;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.jspecify.annotations.Nullable;

/** The simulated machine as a {@link KernelTestMachine}: time passes in {@link #runUntil} only. */
public final class SimTestMachine implements KernelTestMachine {
    /** Between two looks at a condition. */
    private static final long LOOK_NS = 5_000;
    /** Between two looks of a busy thread at its signal. */
    private static final long SPIN_NS = 2_000;

    private final SimulatedKernel kernel;
    private final List<@Nullable SimThread> threads = new ArrayList<>();
    private long lastGtid;

    /** A machine; its configuration says whether invariants are checked. */
    public SimTestMachine(MachineConfig config) {
        kernel = new SimulatedKernel(config);
        kernel.observe(new Watcher());
    }

    /** The machine itself. */
    public SimulatedKernel kernel() {
        return kernel;
    }

    @Override
    public SimulatedKernel backend() {
        return kernel;
    }

    @Override
    public TestThread start(String name, @Nullable CpuSet cpus, ThreadScript script) {
        SimThread thread = new SimThread(script);
        int id = kernel.spawn(spec(name, SchedulingClass.FAIR, cpus, thread), null);
        return born(thread, id);
    }

    @Override
    public boolean runUntil(BooleanSupplier condition, long atMostNs) {
        long end = kernel.now() + atMostNs;
        while (!condition.getAsBoolean()) {
            if (kernel.now() >= end) {
                return false;
            }
            kernel.runUntil(Math.min(end, kernel.now() + LOOK_NS));
        }
        return true;
    }

    @Override
    public void close() {
        kernel.close();
    }

    private static TaskSpec spec(String name, SchedulingClass schedulingClass, @Nullable CpuSet cpus,
            SimThread thread) {
        return new TaskSpec(name, 0, schedulingClass, 0, cpus, 0, null, thread);
    }

    private SimThread born(SimThread thread, int id) {
        thread.id = id;
        thread.tid = Gtid.pid(lastGtid);
        while (threads.size() <= id) {
            threads.add(null);
        }
        threads.set(id, thread);
        return thread;
    }

    private @Nullable SimThread thread(int id) {
        return id < threads.size() ? threads.get(id) : null;
    }

    private final class Watcher implements MachineObserver {
        @Override
        public void taskCreated(int task, long gtid, int tgid, String name, long now) {
            lastGtid = gtid;
        }

        @Override
        public void taskExited(int task, long now) {
            SimThread thread = thread(task);
            if (thread != null) {
                thread.ended = true;
            }
        }

        @Override
        public void classChanged(int task, SchedulingClass schedulingClass, int enclave, long now) {
            SimThread thread = thread(task);
            if (thread != null) {
                thread.schedulingClass = schedulingClass;
            }
        }
    }

    /** A thread, and the program that performs its script. */
    private final class SimThread implements TestThread, TaskProgram {
        private final List<Action> actions;
        private int next;
        private int id;
        private int tid;
        private boolean ended;
        private SchedulingClass schedulingClass = SchedulingClass.FAIR;

        SimThread(ThreadScript script) {
            actions = script.actions();
        }

        @Override
        public int tid() {
            return tid;
        }

        @Override
        public boolean ended() {
            return ended;
        }

        @Override
        public Step next(TaskContext task) {
            while (next < actions.size()) {
                Step step = perform(task, actions.get(next));
                if (step != null) {
                    return step;
                }
                next++;
            }
            return task.exit();
        }

        /** Null if the action takes no time. */
        private @Nullable Step perform(TaskContext task, Action action) {
            switch (action) {
                case Action.Run run -> {
                    next++;
                    return task.run(run.ns());
                }
                case Action.Sleep sleep -> {
                    next++;
                    return task.sleep(sleep.ns());
                }
                case Action.Yield() -> {
                    next++;
                    return task.yield();
                }
                case Action.SpinUntil spin -> {
                    return spin.signal().isRaised() ? null : task.run(SPIN_NS);
                }
                case Action.SetNice nice -> task.setNice(nice.nice());
                case Action.SetAffinity set -> setAffinity(task, set);
                case Action.Leave() -> task.setSchedulingClass(SchedulingClass.FAIR);
                case Action.AskForClass() -> task.setSchedulingClass(SchedulingClass.GHOST);
                case Action.Fork fork -> {
                    SimThread child = new SimThread(fork.script());
                    child.schedulingClass = schedulingClass;
                    born(child, task.fork(spec(fork.name(), schedulingClass, null, child)));
                }
                case Action.Call call -> call.call().accept(this);
            }
            return null;
        }

        private static void setAffinity(TaskContext task, Action.SetAffinity set) {
            if (!(set.thread() instanceof SimThread other)) {
                task.setAffinity(set.cpus());
            } else if (!other.ended) {
                task.setAffinity(other.id, set.cpus());
            }
        }
    }
}
