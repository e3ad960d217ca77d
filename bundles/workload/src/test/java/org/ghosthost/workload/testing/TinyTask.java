package org.ghosthost.workload.testing;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskSpec;

/** A task of the tiny machine; remembers all that its program did. */
public final class TinyTask implements TaskContext {

    /** A job, with times since the start of the workload. */
    public record Job(long releasedNs, long deadlineNs, long endedNs) {
        public boolean missed() {
            return endedNs > deadlineNs;
        }
    }

    private static final long START_NS = 1_000_000_000;

    private final TinyMachine machine;
    private final int id;
    private final TaskSpec spec;
    private final long startedNs;
    private final List<Job> jobs = new ArrayList<>();
    private final List<String> log = new ArrayList<>();

    private int cpu = -1;
    private long argument;
    private long leftNs;
    private long sliceLeftNs;
    private long runSinceNs;
    private boolean running;
    private boolean spinning;
    private boolean blocked;
    private boolean wakePending;
    private boolean exited;
    private long ranNs;
    private long sleptNs;
    private long releasedNs = Long.MIN_VALUE;
    private long deadlineNs;
    private long sleeps;

    TinyTask(final TinyMachine machine, final int id, final TaskSpec spec, final long startedNs) {
        this.machine = machine;
        this.id = id;
        this.spec = spec;
        this.startedNs = startedNs;
    }

    public String name() {
        return spec.name();
    }

    public TaskSpec spec() {
        return spec;
    }

    public boolean exited() {
        return exited;
    }

    public boolean blocked() {
        return blocked;
    }

    /** CPU time it has used. */
    public long ranNs() {
        return ranNs;
    }

    /** Time that it asked to sleep. */
    public long sleptNs() {
        return sleptNs;
    }

    public long sleeps() {
        return sleeps;
    }

    public List<Job> jobs() {
        return jobs;
    }

    /** Instant calls with their times in microseconds since the start, such as {@code 10 nice 5}. */
    public List<String> log() {
        return log;
    }

    void becameReady() {
        blocked = false;
        spinning = false;
    }

    void continueOn(final int onCpu) {
        cpu = onCpu;
        sliceLeftNs = machine.sliceNs();
        proceed();
    }

    private void proceed() {
        while (true) {
            if (leftNs > 0) {
                runSlice();
                return;
            }
            machine.countStep();
            switch (spec.program().next(this)) {
                case RUN -> leftNs = argument;
                case SPIN -> {
                    if (!wakePending) {
                        spinning = true;
                        return;
                    }
                    wakePending = false;
                }
                case SLEEP -> {
                    sleptNs += Math.max(0, argument - now());
                    sleeps++;
                    machine.at(argument, () -> machine.makeReady(this));
                    leave();
                    return;
                }
                case BLOCK -> {
                    if (!wakePending) {
                        blocked = true;
                        leave();
                        return;
                    }
                    wakePending = false;
                }
                case YIELD -> {
                    log("yield");
                    leave();
                    machine.makeReady(this);
                    return;
                }
                case EXIT -> {
                    exited = true;
                    leave();
                    return;
                }
                case SWITCH_TO -> throw new AssertionError("no program of this module hands its CPU over");
                default -> throw new AssertionError("unknown step");
            }
        }
    }

    private void runSlice() {
        final long ns = Math.min(leftNs, sliceLeftNs);
        running = true;
        runSinceNs = now();
        machine.at(now() + ns, () -> {
            stopRunning(now());
            leftNs -= ns;
            sliceLeftNs -= ns;
            if (sliceLeftNs == 0) {
                leave();
                machine.makeReady(this);
            } else {
                proceed();
            }
        });
    }

    void stopRunning(final long nowNs) {
        if (running) {
            ranNs += nowNs - runSinceNs;
            running = false;
        }
    }

    private void leave() {
        machine.release(cpu);
        cpu = -1;
    }

    private void log(final String what) {
        log.add((now() - START_NS) / 1_000 + " " + what);
    }

    private static long relative(final long timeNs) {
        return timeNs == NO_DEADLINE ? timeNs : timeNs - START_NS;
    }

    @Override
    public long now() {
        return machine.nowNs();
    }

    @Override
    public long startedNs() {
        return startedNs;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public int cpu() {
        return cpu;
    }

    @Override
    public Step run(final long ns) {
        if (ns < 0) {
            throw new AssertionError("runs for " + ns);
        }
        argument = ns;
        return Step.RUN;
    }

    @Override
    public Step spin() {
        return Step.SPIN;
    }

    @Override
    public Step sleepUntil(final long timeNs) {
        argument = timeNs;
        return Step.SLEEP;
    }

    @Override
    public Step block() {
        return Step.BLOCK;
    }

    @Override
    public Step yield() {
        return Step.YIELD;
    }

    @Override
    public Step switchTo(final int taskId) {
        return Step.SWITCH_TO;
    }

    @Override
    public Step exit() {
        return Step.EXIT;
    }

    @Override
    public void wake(final int taskId) {
        final TinyTask task = machine.tasks().get(taskId);
        log("wake " + task.name());
        if (task.spinning) {
            task.spinning = false;
            machine.at(now(), task::proceed);
        } else if (task.blocked) {
            machine.makeReady(task);
        } else {
            task.wakePending = true;
        }
    }

    @Override
    public int fork(final TaskSpec child) {
        log("fork " + child.name());
        return machine.add(child);
    }

    @Override
    public void setNice(final int taskId, final int nice) {
        log("nice " + nice);
    }

    @Override
    public void setAffinity(final int taskId, final CpuSet cpus) {
        log("cpus " + cpus);
    }

    @Override
    public void setSchedulingClass(final SchedulingClass schedulingClass) {
        log("class " + schedulingClass);
    }

    @Override
    public void jobStart(final long released, final long deadline) {
        jobEnd();
        releasedNs = released;
        deadlineNs = deadline;
    }

    @Override
    public void jobEnd() {
        if (releasedNs != Long.MIN_VALUE) {
            jobs.add(new Job(relative(releasedNs), relative(deadlineNs), relative(now())));
            releasedNs = Long.MIN_VALUE;
        }
    }

    @Override
    public void markRunnable(final int taskId, final long deadline) {
        log("runnable " + machine.tasks().get(taskId).name() + " "
                + (deadline == NO_DEADLINE ? "none" : relative(deadline) / 1_000));
    }

    @Override
    public void markIdle() {
        log("idle");
    }

    @Override
    public void setWorkClass(final int workClass) {
        log("work class " + workClass);
    }
}
