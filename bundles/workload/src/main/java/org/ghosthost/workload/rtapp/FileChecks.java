package org.ghosthost.workload.rtapp;

import static org.ghosthost.workload.WorkloadException.quote;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that need the whole file: what would surely hang is refused, what may be a mistake is remarked. */
final class FileChecks {
    /** How many mutexes a task may hold at a time. */
    private static final int MAX_HELD = 64;

    private final FileContext context;
    private final List<TaskDef> tasks;

    private FileChecks(final FileContext context, final List<TaskDef> tasks) {
        this.context = context;
        this.tasks = tasks;
    }

    static void check(final FileContext context, final List<TaskDef> tasks) {
        final FileChecks checks = new FileChecks(context, tasks);
        final boolean[] forked = checks.forkedTasks();
        for (int i = 0; i < tasks.size(); i++) {
            checks.checkTask(tasks.get(i), forked[i]);
        }
        checks.checkResources();
    }

    private boolean[] forkedTasks() {
        final boolean[] forked = new boolean[tasks.size()];
        for (final TaskDef task : tasks) {
            for (final Phase phase : task.phases()) {
                for (final Event event : phase.events()) {
                    if (event.kind() == EventKind.FORK) {
                        forked[event.target()] = true;
                    }
                }
            }
        }
        return forked;
    }

    private void checkTask(final TaskDef task, final boolean forked) {
        final Map<Integer, Event> held = new HashMap<>();
        boolean ends = task.loop() != Phase.FOR_EVER;
        for (final Phase phase : task.phases()) {
            final Map<Integer, Event> before = Map.copyOf(held);
            for (final Event event : phase.events()) {
                checkLocks(event, held);
                if (event.kind() == EventKind.BARRIER && forked) {
                    throw context.error(event.line(), event.column(), "a task that is forked cannot use a barrier: how"
                            + " many come to it would be unknown; use a semaphore");
                }
            }
            if (phase.loop() != 1) {
                checkBalanced(before, held);
            }
            ends &= phase.loop() != Phase.FOR_EVER;
        }
        if (!ends || task.loop() > 1) {
            checkBalanced(Map.of(), held);
        } else {
            held.values().forEach(lock -> context.remark(lock.line(), lock.column(),
                    "the task ends with this mutex locked; whoever wants it next waits for ever"));
        }
    }

    private void checkLocks(final Event event, final Map<Integer, Event> held) {
        switch (event.kind()) {
            case LOCK -> {
                if (held.size() == MAX_HELD) {
                    throw context.error(event.line(), event.column(),
                            "a task may hold " + MAX_HELD + " mutexes at a time; unlock some before");
                }
                final Event earlier = held.putIfAbsent(event.target(), event);
                if (earlier != null) {
                    throw context.error(event.line(), event.column(), "the task holds this mutex since line "
                            + earlier.line() + " and would wait for itself for ever; unlock it first");
                }
            }
            case UNLOCK -> {
                if (held.remove(event.target()) == null) {
                    throw context.error(event.line(), event.column(),
                            "the task does not hold this mutex; lock it before");
                }
            }
            case WAIT -> {
                if (!held.containsKey(event.mutex())) {
                    throw context.error(event.line(), event.column(), "\"wait\" needs its mutex "
                            + quote(context.mutexes.use(event.mutex()).name) + " locked; lock it before");
                }
            }
            default -> {
            }
        }
    }

    private void checkBalanced(final Map<Integer, Event> before, final Map<Integer, Event> after) {
        for (final Map.Entry<Integer, Event> lock : after.entrySet()) {
            if (!before.containsKey(lock.getKey())) {
                throw context.error(lock.getValue().line(), lock.getValue().column(),
                        "this mutex is still locked when its loop begins again; unlock it");
            }
        }
        for (final Map.Entry<Integer, Event> lock : before.entrySet()) {
            if (!after.containsKey(lock.getKey())) {
                throw context.error(lock.getValue().line(), lock.getValue().column(), "this mutex is locked once, but"
                        + " unlocked each time a loop goes round; put both on the same side of the loop");
            }
        }
    }

    private void checkResources() {
        for (final Names.Use barrier : context.barriers.uses()) {
            if (barrier.users == 1) {
                context.remark(barrier.line, barrier.column,
                        "only one task comes to the barrier " + quote(barrier.name) + ", so it never waits");
            }
        }
        for (final Names.Use condition : context.conditions.uses()) {
            if (condition.users > 0 && !condition.woken) {
                context.remark(condition.line, condition.column,
                        "nobody signals " + quote(condition.name) + ", so this wait never ends");
            }
        }
        for (final Names.Use semaphore : context.semaphores.uses()) {
            if (semaphore.users > 0 && !semaphore.woken) {
                context.remark(semaphore.line, semaphore.column,
                        "nobody posts " + quote(semaphore.name) + ", so this wait never ends");
            }
        }
    }
}
