package org.ghosthost.workload.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.trace.RecordedTask.State;
import org.jspecify.annotations.Nullable;

/**
 * Follows the events of a trace in the order of time and writes down what each task did: how long it ran, how long it
 * slept, whom it woke after how much of its own CPU time, and by whom it was woken.
 *
 * <p>A wake-up is a dependency if a recorded task was on the CPU that did it, outside an interrupt. Any other one, by
 * a timer, a device or a task that is not recorded, is a sleep as long as the recorded one.
 */
final class Recorder {
    static final int MAX_TASKS = 100_000;
    static final int MAX_OPS = 8_000_000;

    private final String file;
    private final List<RecordedTask> tasks = new ArrayList<>();
    private final Map<Integer, RecordedTask> byPid = new HashMap<>();
    private final Map<Integer, Long> lastSwitchNs = new HashMap<>();
    private final Map<Integer, RecordedTask> onCpu = new HashMap<>();
    private long startNs = Long.MIN_VALUE;
    private long nowNs;
    private long opCount;
    private long gaps;
    private long firstGapLine;

    Recorder(final String file) {
        this.file = file;
    }

    List<RecordedTask> tasks() {
        return tasks;
    }

    long startNs() {
        return startNs;
    }

    /** Returns how often an event did not fit to what was recorded before, because others are missing. */
    long gaps() {
        return gaps;
    }

    long firstGapLine() {
        return firstGapLine;
    }

    /** Takes the next event; its time is not before the last one's. */
    void add(final TraceEvent event) {
        if (startNs == Long.MIN_VALUE) {
            startNs = event.timeNs;
        }
        nowNs = event.timeNs;
        switch (event.kind) {
            case SWITCH -> {
                leaveUnseen(onCpu.remove(event.cpu), event);
                leave(event);
                enter(event);
                lastSwitchNs.put(event.cpu, nowNs);
            }
            case WAKING, WAKEUP -> wake(event);
            case WAKEUP_NEW -> wakeNew(event);
            case FORK -> fork(event);
            case EXIT -> {
                // The last switch, in state X or Z, ends the task: it still runs for a while after this event.
                final RecordedTask task = byPid.get(event.task.pid);
                if (task != null) {
                    task.update(event.task);
                }
            }
            default -> throw new AssertionError("unknown kind: " + event.kind);
        }
        if (++opCount > MAX_OPS) {
            throw new WorkloadException(file + ":" + event.line + ": the trace has more than " + MAX_OPS
                    + " events; cut it into shorter ones");
        }
    }

    /** Ends the run of a task whose switch away is not there: how long it ran is unknown, so it ran for no time. */
    private void leaveUnseen(final @Nullable RecordedTask task, final TraceEvent event) {
        if (task != null && task.state == State.RUNNING && task.pid != event.task.pid) {
            gap(event);
            task.state = State.BLOCKED;
        }
    }

    private void leave(final TraceEvent event) {
        if (event.task.pid == 0) {
            return;
        }
        RecordedTask task = byPid.get(event.task.pid);
        if (task == null || task.state != State.RUNNING) {
            task = enterLate(task, event);
        }
        task.update(event.task);
        task.runUntil(nowNs);
        switch (event.state) {
            case 'R' -> task.state = State.RUNNABLE;
            case 'X', 'Z', 'x' -> end(task);
            default -> task.state = State.BLOCKED;
        }
    }

    /** Makes good for the switch that is not there: the task has its CPU since the one before, or since the start. */
    private RecordedTask enterLate(final @Nullable RecordedTask known, final TraceEvent event) {
        final Long lastNs = lastSwitchNs.get(event.cpu);
        final long sinceNs = lastNs == null ? startNs : lastNs;
        if (lastNs != null) {
            gap(event);
        }
        if (known == null) {
            final RecordedTask task = create(event.task, State.RUNNABLE, event);
            task.bornNs = sinceNs;
            task.sinceNs = sinceNs;
            return task;
        }
        endSleep(known, Math.max(sinceNs, known.sinceNs));
        known.sinceNs = Math.max(sinceNs, known.sinceNs);
        return known;
    }

    private void enter(final TraceEvent event) {
        if (event.next.pid == 0) {
            return;
        }
        RecordedTask task = byPid.get(event.next.pid);
        if (task == null) {
            // Runnable since before the trace.
            task = create(event.next, State.RUNNABLE, event);
            task.bornNs = startNs;
        } else if (task.state == State.BLOCKED && task.earlyWake != RecordedTask.NONE) {
            endSleep(task, nowNs);
        } else if (task.state != State.RUNNABLE) {
            // What brought it from another CPU, or woke it, is lost: it slept meanwhile.
            gap(event);
            task.state = task.state == State.RUNNING ? State.BLOCKED : task.state;
            endSleep(task, nowNs);
        }
        task.update(event.next);
        task.state = State.RUNNING;
        task.sinceNs = nowNs;
        onCpu.put(event.cpu, task);
    }

    /**
     * Ends a sleep or a birth that no event of its own has ended: by the wake-up that came early if there was one,
     * else by one that is missing.
     */
    private static void endSleep(final RecordedTask task, final long untilNs) {
        if (task.state == State.BLOCKED && task.earlyWake >= 0) {
            task.opsAfterRun().add(Ops.BLOCK, task.earlyWake);
        } else if (task.state == State.BLOCKED && task.earlyWake == RecordedTask.NONE && untilNs > task.sinceNs) {
            task.opsAfterRun().add(Ops.SLEEP, untilNs - task.sinceNs);
        } else if (task.state == State.UNBORN) {
            task.bornNs = untilNs;
        }
        task.earlyWake = RecordedTask.NONE;
        task.state = State.RUNNABLE;
    }

    private void wake(final TraceEvent event) {
        RecordedTask task = byPid.get(event.task.pid);
        final RecordedTask waker = waker(event);
        if (task == null) {
            task = create(event.task, State.BLOCKED, event);
            task.bornNs = waker == null ? nowNs : startNs;
        }
        task.update(event.task);
        switch (task.state) {
            case UNBORN -> endSleep(task, nowNs);
            case BLOCKED -> {
                if (event.kind == TraceEvent.Kind.WAKING || task.earlyWake == RecordedTask.NONE) {
                    task.earlyWake = waker == null ? RecordedTask.NONE : dependency(waker, task);
                }
                endSleep(task, nowNs);
                task.sinceNs = nowNs;
            }
            // The kernel has seen it on its way to block. If it still is, this is its wake-up; else it has never slept.
            case RUNNING -> task.earlyWake = waker == null ? RecordedTask.BY_NOBODY : dependency(waker, task);
            default -> {
            }
        }
    }

    /** Lets {@code waker} wake {@code task} at this point; returns the number of the wake-up. */
    private int dependency(final RecordedTask waker, final RecordedTask task) {
        opCount++;
        waker.runUntil(nowNs);
        waker.opsAfterRun().addWake(task.index, task.wakes);
        return task.wakes++;
    }

    private void wakeNew(final TraceEvent event) {
        RecordedTask task = byPid.get(event.task.pid);
        if (task != null && task.state != State.UNBORN) {
            gap(event);
            end(task);
            task = null;
        }
        if (task == null) {
            task = create(event.task, State.UNBORN, event);
        }
        task.update(event.task);
        final RecordedTask parent = waker(event);
        if (parent == null) {
            task.bornNs = nowNs;
        } else {
            parent.runUntil(nowNs);
            parent.opsAfterRun().add(Ops.FORK, task.index);
            task.forked = true;
        }
        task.state = State.RUNNABLE;
    }

    private void fork(final TraceEvent event) {
        final RecordedTask old = byPid.get(event.task.pid);
        if (old != null) {
            // The pid is used again, and the end of the task that had it is lost.
            gap(event);
            end(old);
        }
        create(event.task, State.UNBORN, event);
    }

    private @Nullable RecordedTask waker(final TraceEvent event) {
        if (event.inInterrupt || event.currentPid == 0 || event.currentPid == event.task.pid) {
            return null;
        }
        final RecordedTask waker = byPid.get(event.currentPid);
        return waker == null || waker.state != State.RUNNING ? null : waker;
    }

    private RecordedTask create(final TraceEvent.Task from, final State state, final TraceEvent event) {
        if (tasks.size() == MAX_TASKS) {
            throw new WorkloadException(file + ":" + event.line + ": the trace has more than " + MAX_TASKS
                    + " tasks; cut it into shorter ones");
        }
        final RecordedTask task = new RecordedTask(tasks.size(), from, state, nowNs);
        tasks.add(task);
        byPid.put(from.pid, task);
        return task;
    }

    private void end(final RecordedTask task) {
        if (task.state == State.RUNNING) {
            task.runUntil(nowNs);
        }
        task.state = State.DEAD;
        byPid.remove(task.pid);
    }

    private void gap(final TraceEvent event) {
        if (gaps++ == 0) {
            firstGapLine = event.line;
        }
    }

    /** Ends the recording: each task ends where its record does. */
    void finish() {
        for (final RecordedTask task : tasks) {
            if (task.state == State.RUNNING) {
                task.runUntil(nowNs);
            }
            task.opsAfterRun();
            task.ops.trim();
        }
    }
}
