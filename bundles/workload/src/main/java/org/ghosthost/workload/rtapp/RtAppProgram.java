package org.ghosthost.workload.rtapp;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.jspecify.annotations.Nullable;

/** Follows a task definition. Each event has the meaning that rt-app gives it. */
final class RtAppProgram implements TaskProgram {
    /** A time that is not known yet, or an event that has not happened. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /** rt-app's "runtime" looks at the clock after each 32 us of work. */
    private static final long RUNTIME_SLICE_NS = 32_000;

    /** How many events may follow each other without a time of their own, before they cost some. */
    private static final int MAX_INSTANT_EVENTS = 100;
    private static final long INSTANT_EVENTS_COST_NS = 1_000;

    private static final CpuSet ALL_CPUS = CpuSet.range(0, CpuSet.MAX_CPUS - 1).frozen();

    /** Set and cleared by the queue it is in, see {@link WaitQueue}. */
    boolean waiting;
    @Nullable RtAppProgram nextWaiter;

    private final Run run;
    private final int defIndex;
    private final TaskDef def;
    private final Jobs.Release release;
    private final SchedState sched;
    private final Timer[] timers;
    private @Nullable CpuSet cpus;

    private boolean started;
    private boolean ended;
    private int id;
    private long zeroNs;
    private long firstNs;

    private int loop;
    private int phaseIndex;
    private int phaseLoop;
    private int eventIndex;
    private boolean phaseBegun;

    /** How far the present event has come; each kind counts for itself. */
    private int stage;
    private long stageStartNs;
    private int instantEvents;

    private boolean betweenJobs;
    private long wokenNs = UNKNOWN;

    /** Makes a task of a run; {@code zeroNs} is the workload's start, or unknown if the task starts with it. */
    RtAppProgram(final Run run, final int defIndex, final long zeroNs) {
        this.run = run;
        this.defIndex = defIndex;
        this.zeroNs = zeroNs;
        def = run.workload.defs().get(defIndex);
        release = def.jobs().release();
        sched = new SchedState(def.sched());
        sched.apply(def.phases().getFirst().sched());
        cpus = def.phases().getFirst().cpus() == null ? def.cpus() : def.phases().getFirst().cpus();
        timers = new Timer[def.absoluteTimers().size()];
        Arrays.setAll(timers, i -> new Timer(def.absoluteTimers().get(i)));
        ended = def.loop() == 0;
    }

    Policy policy() {
        return sched.policy();
    }

    int nice() {
        return sched.nice();
    }

    int qos() {
        return sched.qos();
    }

    /** Returns the deadline of the first job after the task's start. */
    long firstDeadlineNs() {
        final long deadlineNs = relativeDeadlineNs(def.jobs().firstPeriodNs());
        return release == Jobs.Release.NOTHING || deadlineNs <= 0 ? TaskContext.NO_DEADLINE : deadlineNs;
    }

    @Override
    public Step next(final TaskContext task) {
        if (!started) {
            start(task);
        }
        if (waiting) {
            return task.block();
        }
        if (wokenNs != UNKNOWN) {
            task.jobStart(wokenNs, absolute(wokenNs, sched.deadlineNs()));
            wokenNs = UNKNOWN;
        }
        while (!ended) {
            if (++instantEvents > MAX_INSTANT_EVENTS) {
                instantEvents = 0;
                return task.run(INSTANT_EVENTS_COST_NS);
            }
            beginPhase(task);
            final Step step = perform(task, events().get(eventIndex));
            if (step != null) {
                instantEvents = step == Step.YIELD ? instantEvents : 0;
                return step;
            }
        }
        task.jobEnd();
        return task.exit();
    }

    private void start(final TaskContext task) {
        started = true;
        id = task.id();
        if (zeroNs == UNKNOWN) {
            zeroNs = task.startedNs() - def.delayNs();
        }
        firstNs = zeroNs + def.delayNs();
        if (release != Jobs.Release.NOTHING && !ended) {
            final long releasedNs = Math.max(firstNs, task.startedNs());
            announceJob(task, releasedNs, relativeDeadlineNs(def.jobs().firstPeriodNs()));
        }
    }

    private List<Event> events() {
        return def.phases().get(phaseIndex).events();
    }

    private void beginPhase(final TaskContext task) {
        if (phaseBegun) {
            return;
        }
        phaseBegun = true;
        final Phase phase = def.phases().get(phaseIndex);
        final CpuSet wanted = phase.cpus() == null ? def.cpus() : phase.cpus();
        if (!Objects.equals(wanted, cpus)) {
            cpus = wanted;
            task.setAffinity(wanted == null ? ALL_CPUS : wanted);
        }
        if (sched.apply(phase.sched())) {
            task.setNice(sched.nice());
            task.setSchedulingClass(sched.policy().schedulingClass);
            if (run.workload.hasTable()) {
                task.setWorkClass(run.workload.workClass(defIndex, sched.qos()));
            }
        }
    }

    /** Goes to the next event, phase or round; the present event is over but for the step it returns. */
    private void advance() {
        stage = 0;
        if (++eventIndex < events().size()) {
            return;
        }
        eventIndex = 0;
        phaseBegun = false;
        final int phaseLoops = def.phases().get(phaseIndex).loop();
        if (phaseLoops == Phase.FOR_EVER || ++phaseLoop < phaseLoops) {
            return;
        }
        phaseLoop = 0;
        if (++phaseIndex < def.phases().size()) {
            return;
        }
        phaseIndex = 0;
        ended = def.loop() != Phase.FOR_EVER && ++loop == def.loop();
    }

    /** Does an event, or a part of it; null if it is over and took no time. */
    private @Nullable Step perform(final TaskContext task, final Event event) {
        return switch (event.kind()) {
            case RUN -> {
                advance();
                yield event.ns() == 0 ? null : task.run(event.ns());
            }
            case RUNTIME -> runtime(task, event.ns());
            case SLEEP -> {
                advance();
                yield event.ns() == 0 ? null : sleep(task, task.now() + event.ns());
            }
            case TIMER -> timer(task, event);
            case LOCK -> {
                final Step step = lock(task, run.mutexes[event.target()]);
                if (step == null) {
                    advance();
                }
                yield step;
            }
            case WAIT -> waitOn(task, run.conditions[event.target()], run.mutexes[event.mutex()]);
            case SYNC -> sync(task, run.conditions[event.target()], run.mutexes[event.mutex()]);
            case BARRIER -> {
                advance();
                yield run.barriers[event.target()].arrive(this, task) ? null : block(task);
            }
            case SEM_WAIT -> {
                advance();
                yield run.semaphores[event.target()].take(this) ? null : block(task);
            }
            case SUSPEND -> {
                advance();
                run.suspended[event.target()].add(this);
                yield block(task);
            }
            case YIELD -> {
                advance();
                yield task.yield();
            }
            case UNLOCK, SIGNAL, BROADCAST, RESUME, SEM_POST, FORK -> {
                act(task, event);
                advance();
                yield null;
            }
            case MEM, MEMRUN, IORUN -> throw new AssertionError("the reader lets no such event through: " + event);
        };
    }

    private void act(final TaskContext task, final Event event) {
        switch (event.kind()) {
            case UNLOCK -> run.mutexes[event.target()].unlock(task);
            case SIGNAL -> run.conditions[event.target()].wakeFirst(task);
            case BROADCAST -> run.conditions[event.target()].wakeAll(task);
            case RESUME -> run.suspended[event.target()].wakeAll(task);
            case SEM_POST -> run.semaphores[event.target()].post(task);
            case FORK -> run.fork(event.target(), task, zeroNs);
            default -> throw new AssertionError("not an instant event: " + event);
        }
    }

    private @Nullable Step runtime(final TaskContext task, final long ns) {
        if (stage == 0) {
            stage = 1;
            stageStartNs = task.now();
        } else if (task.now() - stageStartNs >= ns) {
            advance();
            return null;
        }
        return task.run(RUNTIME_SLICE_NS);
    }

    private @Nullable Step timer(final TaskContext task, final Event event) {
        final Timer timer = event.unique() ? timers[event.target()] : run.timers[event.target()];
        final long nowNs = task.now();
        final long tickNs = timer.advance(firstNs, event.ns(), nowNs);
        advance();
        task.jobEnd();
        if (!ended) {
            announceJob(task, tickNs, relativeDeadlineNs(event.ns()));
        }
        return tickNs > nowNs ? task.sleepUntil(tickNs) : null;
    }

    private Step sleep(final TaskContext task, final long untilNs) {
        if (release == Jobs.Release.WAKE_UP) {
            task.jobEnd();
            if (!ended) {
                announceJob(task, untilNs, relativeDeadlineNs(0));
            }
        }
        return task.sleepUntil(untilNs);
    }

    /** Returns null if the mutex is held now, else the step that waits for it; then try again. */
    private @Nullable Step lock(final TaskContext task, final Mutex mutex) {
        if (mutex.tryLock(this)) {
            return null;
        }
        mutex.waiters.add(this);
        return task.block();
    }

    private @Nullable Step waitOn(final TaskContext task, final WaitQueue condition, final Mutex mutex) {
        if (stage == 0) {
            mutex.unlock(task);
            condition.add(this);
            stage = 1;
            return block(task);
        }
        final Step step = lock(task, mutex);
        if (step == null) {
            advance();
        }
        return step;
    }

    /** Signals and waits in one; takes the mutex for that time, unless the task has it already. */
    private @Nullable Step sync(final TaskContext task, final WaitQueue condition, final Mutex mutex) {
        final boolean held = mutex.isHeldBy(this);
        final Step step = held ? null : lock(task, mutex);
        if (step != null) {
            return step;
        }
        if (stage == 0) {
            condition.wakeFirst(task);
            mutex.unlock(task);
            condition.add(this);
            stage = held ? 1 : 2;
            return block(task);
        }
        if (stage == 2) {
            mutex.unlock(task);
        }
        advance();
        return null;
    }

    /** Blocks in a queue that some other task wakes; that ends a job if wake-ups release them. */
    private Step block(final TaskContext task) {
        if (release == Jobs.Release.WAKE_UP) {
            task.jobEnd();
            betweenJobs = true;
        }
        return task.block();
    }

    /** Called by the queue that this task has just left. */
    void wokenBy(final TaskContext waker) {
        waiting = false;
        if (betweenJobs) {
            betweenJobs = false;
            wokenNs = waker.now();
            waker.markRunnable(id, absolute(wokenNs, sched.deadlineNs()));
        }
        waker.wake(id);
    }

    private void announceJob(final TaskContext task, final long releasedNs, final long relativeDeadlineNs) {
        final long deadlineNs = absolute(releasedNs, relativeDeadlineNs);
        task.jobStart(releasedNs, deadlineNs);
        task.markRunnable(deadlineNs);
    }

    private static long absolute(final long releasedNs, final long relativeNs) {
        return relativeNs <= 0 ? TaskContext.NO_DEADLINE : releasedNs + relativeNs;
    }

    /** Returns the deadline of the job that comes next: of its phase, else of the task, else {@code otherwiseNs}. */
    private long relativeDeadlineNs(final long otherwiseNs) {
        final long phaseNs = phaseBegun ? 0 : def.phases().get(phaseIndex).sched().deadlineNs();
        if (phaseNs > 0) {
            return phaseNs;
        }
        return sched.deadlineNs() > 0 ? sched.deadlineNs() : otherwiseNs;
    }
}
