package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import org.ghosthost.workload.SchedulingClass;
import org.jspecify.annotations.Nullable;

/**
 * The classes that are not ghost: real time, first in first out until it blocks, and fair, in turns. Each CPU has its
 * own queues; a task is placed where it disturbs least, and an idle CPU takes waiting tasks from others.
 */
final class ForeignClasses {
    private final Machine m;
    private int waiting;

    ForeignClasses(Machine machine) {
        m = machine;
    }

    /** The task became runnable: finds a CPU for it. */
    void enqueue(Task t) {
        Cpu c = place(t);
        t.cpu = c.id;
        waiting++;
        if (isRt(t)) {
            c.rt.addLast(t);
        } else {
            c.fair.addLast(t);
        }
        Task current = c.current;
        if (current == null || current.isGhost() || (isRt(t) && !isRt(current))) {
            m.kick(c);
        } else if (c.sliceEnd == NEVER && !isRt(current)) {
            c.sliceEnd = m.now + m.config.fairSliceNs();
            m.scheduler.setPhase(c, current);
            m.arm(c);
        }
    }

    /** A task that runs goes back into its queue before the next pick: to the end if its turn is over. */
    void putBack(Task t, Cpu c) {
        boolean turnIsOver = t.yieldTask || c.sliceEnd <= m.now;
        t.yieldTask = false;
        t.state = Task.READY;
        if (!t.allowedOn(c.id) || !c.online) {
            enqueue(t);
            return;
        }
        TaskList queue = isRt(t) ? c.rt : c.fair;
        if (turnIsOver) {
            queue.addLast(t);
        } else {
            queue.addFirst(t);
        }
        waiting++;
    }

    @Nullable Task pick(Cpu c) {
        Task t = c.rt.poll();
        if (t == null) {
            t = c.fair.poll();
        }
        if (t != null) {
            waiting--;
        }
        return t;
    }

    /** For a CPU that would be idle: takes a task that waits for another CPU. */
    @Nullable Task pull(Cpu c) {
        if (waiting == 0 || !c.online) {
            return null;
        }
        for (Cpu other : m.cpus) {
            Task t = allowedFrom(other.rt, c);
            if (t == null) {
                t = allowedFrom(other.fair, c);
            }
            if (t != null) {
                remove(t);
                return t;
            }
        }
        return null;
    }

    private static @Nullable Task allowedFrom(TaskList queue, Cpu c) {
        for (Task t = queue.head; t != null; t = t.next) {
            if (t.allowedOn(c.id)) {
                return t;
            }
        }
        return null;
    }

    /** The CPU went offline: what waits there waits elsewhere. */
    void moveAll(Cpu c) {
        for (Task t = pick(c); t != null; t = pick(c)) {
            enqueue(t);
        }
    }

    /** Takes a waiting task out. */
    void remove(Task t) {
        TaskList list = t.list;
        if (list != null) {
            list.remove(t);
            waiting--;
            m.kick(m.cpus[t.cpu]); // it may be available now
        }
    }

    /** When the turn of a task that gets the CPU now ends. */
    long sliceEnd(Cpu c, Task t) {
        return isRt(t) || c.fair.isEmpty() ? NEVER : t.userFrom + m.config.fairSliceNs();
    }

    /** The first CPU that the task may use; if they are all offline, the first that is not. */
    int firstAllowed(Task t) {
        int online = 0;
        for (int i = m.cpus.length - 1; i >= 0; i--) {
            if (m.cpus[i].online) {
                online = i;
            }
        }
        for (Cpu c : m.cpus) {
            if (c.online && t.allowedOn(c.id)) {
                return c.id;
            }
        }
        return online;
    }

    private Cpu place(Task t) {
        Cpu last = m.cpus[t.cpu];
        boolean lastFits = last.online && t.allowedOn(last.id);
        Cpu best = lastFits ? last : m.cpus[firstAllowed(t)];
        if (!t.allowedOn(best.id)) {
            t.affinity = null; // all its CPUs are offline: as Linux does, it may use any then
        }
        int bestLoad = load(best, t);
        for (int i = 0; bestLoad > 0 && i < m.cpus.length; i++) {
            Cpu c = m.cpus[i];
            if (c.online && t.allowedOn(c.id)) {
                int load = load(c, t);
                if (load < bestLoad) {
                    best = c;
                    bestLoad = load;
                }
            }
        }
        return best;
    }

    /** How much the task would disturb there: an idle CPU not at all, then ghost tasks, then those of its class. */
    private static int load(Cpu c, Task t) {
        Task current = c.current;
        if (current == null && !c.agentCurrent && !c.othersWait()) {
            return 0;
        }
        boolean foreign = current != null && !current.isGhost();
        boolean rt = isRt(current);
        int ahead = c.rt.size + (rt ? 1 : 0);
        int fair = c.fair.size + (foreign && !rt ? 1 : 0);
        return 1 + (isRt(t) ? ahead * 1000 + fair : ahead * 4 + fair * 4) + (c.agentCurrent ? 2 : 0);
    }

    static boolean isRt(@Nullable Task t) {
        return t != null && t.schedulingClass == SchedulingClass.RT;
    }
}
