package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.ghosthost.policy.topology.CpuSet;

/**
 * What a thread of a {@link KernelTestMachine} does, step by step; it exits after the last one. Immutable: each method
 * returns a longer script, so that a part may be used again.
 */
public final class ThreadScript {
    /** Does nothing and exits. */
    public static final ThreadScript EMPTY = new ThreadScript(List.of());

    private static final int MAX_ACTIONS = 1_000_000;

    private final List<Action> actions;

    private ThreadScript(List<Action> actions) {
        this.actions = actions;
    }

    /** The steps, loops unrolled. */
    public List<Action> actions() {
        return actions;
    }

    /** Burns {@code ns} of CPU time. */
    public ThreadScript run(long ns) {
        return then(new Action.Run(ns));
    }

    /** Sleeps for {@code ns}. */
    public ThreadScript sleep(long ns) {
        return then(new Action.Sleep(ns));
    }

    /** Gives way to other threads. */
    @SuppressWarnings("NamedLikeContextualKeyword") // the name of the system call; always called on a script
    public ThreadScript yield() {
        return then(new Action.Yield());
    }

    /** Is busy until told. */
    public ThreadScript spinUntil(Signal signal) {
        return then(new Action.SpinUntil(signal));
    }

    /** Tells that it has come so far. */
    public ThreadScript raise(Signal signal) {
        return call(self -> signal.raise());
    }

    /** Sets its nice value. */
    public ThreadScript nice(int nice) {
        return then(new Action.SetNice(nice));
    }

    /** Restricts itself to CPUs. */
    public ThreadScript affinity(CpuSet cpus) {
        return then(new Action.SetAffinity(null, cpus));
    }

    /** Restricts another thread to CPUs. */
    public ThreadScript affinityOf(TestThread thread, CpuSet cpus) {
        return then(new Action.SetAffinity(thread, cpus));
    }

    /** Goes back to the default scheduler. */
    public ThreadScript leave() {
        return then(new Action.Leave());
    }

    /** Asks for the scheduling class of enclaves without naming an enclave. */
    public ThreadScript askForClass() {
        return then(new Action.AskForClass());
    }

    /** Starts another thread. */
    public ThreadScript fork(String name, ThreadScript script) {
        return then(new Action.Fork(name, script));
    }

    /** Calls the kernel seam, or notes something; it is given the thread itself. */
    public ThreadScript call(Consumer<TestThread> call) {
        return then(new Action.Call(call));
    }

    /** Does all of {@code part}, so many times. */
    public ThreadScript repeat(int times, ThreadScript part) {
        if (times < 0 || actions.size() + (long) times * part.actions.size() > MAX_ACTIONS) {
            throw new IllegalArgumentException("a script has at most " + MAX_ACTIONS + " steps: " + times + " times "
                    + part.actions.size());
        }
        List<Action> longer = new ArrayList<>(actions);
        for (int i = 0; i < times; i++) {
            longer.addAll(part.actions);
        }
        return new ThreadScript(List.copyOf(longer));
    }

    private ThreadScript then(Action action) {
        List<Action> longer = new ArrayList<>(actions);
        longer.add(action);
        return new ThreadScript(List.copyOf(longer));
    }
}
