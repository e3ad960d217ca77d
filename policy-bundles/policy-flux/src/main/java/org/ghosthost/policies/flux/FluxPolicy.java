package org.ghosthost.policies.flux;

import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A tree of schedulers that share CPUs. CPUs are granted from the top down, given back from below, and taken away by
 * those above; a task belongs to one leaf and runs on its CPUs only. The top (ROCI) has a primary child, which gets
 * what it wants, and an idle one, which has the rest. The primary one is a FIFO (BIFF), or with provisioning a node of
 * its own (PROV) above three FIFOs, for tasks of negative, zero, and positive nice value.
 *
 * <p>In each pass, before tasks are placed, every leaf says how many CPUs it wants, gives back those for which it has
 * no task, and asks for those that it needs.
 */
@SuppressWarnings("ReferenceEquality") // a node is equal to itself only
final class FluxPolicy extends GlobalPolicy<FluxTask> {
    private final Leaf prio = new Leaf("prio", tasks);
    private final Leaf next = new Leaf("next", tasks);
    private final Leaf last = new Leaf("last", tasks);
    private final Leaf[] leaves = {prio, next, last};
    private final boolean isProvisioned;
    private final Prov prov;
    private final Roci roci;
    private final Idle idle = new Idle();
    private final Tree tree;
    private final long sliceNs;

    FluxPolicy(PolicyContext context) {
        super(context, FluxTask::new);
        isProvisioned = context.configuration().bool(Flux.PROVISIONING);
        sliceNs = context.configuration().durationNs(Flux.SLICE);
        prov = new Prov(prio, next, last, (int) context.configuration().integer(Flux.MAX_PRIO_CPUS),
                home(context.cpus(), context.configuration().integer(Flux.PRIO_CPUS)));
        roci = new Roci(isProvisioned ? prov : next, idle);
        tree = new Tree(roci, context.topology().cpuCount());
        startAsConfigured();
    }

    private static CpuSet home(CpuSet cpus, long count) {
        CpuSet home = new CpuSet();
        int skipped = 0;
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            if (skipped++ >= cpus.size() - count) {
                home.add(cpu);
            }
        }
        return home;
    }

    // ---- tasks and their leaves

    private Leaf leafFor(int nice) {
        return !isProvisioned || nice == 0 ? next : nice < 0 ? prio : last;
    }

    private static Leaf leafOf(FluxTask task) {
        Leaf leaf = task.scheduler;
        if (leaf == null) {
            throw new IllegalStateException("task has no scheduler: " + task);
        }
        return leaf;
    }

    @Override
    protected void added(FluxTask task) {
        task.scheduler = leafFor(context.statusWords().nice(task.statusWord()));
    }

    @Override
    public void taskPriorityChanged(Message message) {
        super.taskPriorityChanged(message);
        FluxTask task = tasks.at(message.statusWord());
        if (task != null && task.gtid() == message.gtid()) {
            Leaf before = leafOf(task);
            boolean queued = before.queue.remove(task);
            task.scheduler = leafFor(message.nice());
            if (queued) {
                leafOf(task).queue.add(task);
            }
        }
    }

    @Override
    protected void enqueue(FluxTask task) {
        leafOf(task).queue.add(task);
    }

    @Override
    protected void dequeue(FluxTask task) {
        leafOf(task).queue.remove(task);
    }

    /** The first task of a leaf that has a CPU for it. */
    @Override
    protected @Nullable FluxTask first() {
        for (Leaf leaf : leaves) {
            FluxTask task = leaf.queue.first();
            if (task != null && (hasFree(leaf) || victim(task) >= 0)) {
                return task;
            }
        }
        return null;
    }

    private boolean hasFree(Leaf leaf) {
        for (int cpu = leaf.held.first(); cpu >= 0; cpu = leaf.held.next(cpu + 1)) {
            if (isFree(cpu)) {
                return true;
            }
        }
        return false;
    }

    @Override
    protected boolean mayUse(FluxTask task, int cpu) {
        return tree.owner(cpu) == task.scheduler;
    }

    // ---- who gives way

    /** A CPU that was taken from others and still has their task; else one whose own task has had its turn. */
    @Override
    protected int victim(FluxTask challenger) {
        int longest = NO_CPU;
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            FluxTask running = running(cpu);
            if (running != null && mayUse(challenger, cpu)) {
                if (running.scheduler != challenger.scheduler) {
                    return cpu;
                }
                longest = longest < 0 || sinceNs(cpu) < sinceNs(longest) ? cpu : longest;
            }
        }
        boolean isOver = longest >= 0 && sliceNs != UNTIL_MESSAGE && nowNs() - sinceNs(longest) >= sliceNs;
        return isOver ? longest : NO_CPU;
    }

    @Override
    protected long wakeAtNs() {
        long untilNs = UNTIL_MESSAGE;
        if (sliceNs != UNTIL_MESSAGE && (!prio.queue.isEmpty() || !next.queue.isEmpty() || !last.queue.isEmpty())) {
            untilNs = hasDecided() ? nowNs() + sliceNs : UNTIL_MESSAGE;
            for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
                untilNs = Math.min(untilNs, Math.max(nowNs() + 1, sinceNs(cpu) + sliceNs));
            }
        }
        return untilNs;
    }

    // ---- the tree in a pass

    @Override
    protected void beforePass() {
        CpuSet cpus = agent().cpus();
        for (int cpu = 0; cpu < context.topology().cpuCount(); cpu++) {
            if (cpus.contains(cpu) && cpu != agent().cpu() && agent().available(cpu)) {
                tree.available(cpu);
            } else {
                tree.unavailable(cpu);
            }
        }
        countPlaced();
        for (Leaf leaf : leaves) {
            tree.want(leaf, leaf.wish());
        }
        for (Leaf leaf : leaves) {
            giveBack(leaf);
        }
        for (Leaf leaf : leaves) {
            tree.request(leaf);
        }
    }

    private void giveBack(Leaf leaf) {
        for (int cpu = leaf.held.first(); cpu >= 0 && leaf.needs() < 0; cpu = leaf.held.next(cpu + 1)) {
            if (isFree(cpu)) {
                tree.giveBack(leaf, cpu);
            }
        }
    }

    private void countPlaced() {
        for (Leaf leaf : leaves) {
            leaf.placed = 0;
        }
        for (int cpu = nextOccupied(0); cpu >= 0; cpu = nextOccupied(cpu + 1)) {
            FluxTask running = running(cpu);
            if (running != null) {
                leafOf(running).placed++;
            }
        }
    }

    @Override
    public void dump(StringBuilder out) {
        super.dump(out);
        if (isProvisioned) {
            tree.dump(out, roci, prov, prio, next, last, idle);
        } else {
            tree.dump(out, roci, next, idle);
        }
    }
}
