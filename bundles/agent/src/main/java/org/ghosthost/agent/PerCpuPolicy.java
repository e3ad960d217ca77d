package org.ghosthost.agent;

import java.util.Arrays;
import java.util.function.Supplier;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * Skeleton of a policy with an agent on each CPU, which decides for that CPU alone: it runs there what the queue of
 * its subclass gives out. A whole policy is that queue: {@link #enqueue}, {@link #dequeue} and {@link #first}.
 *
 * <p>A task belongs to one agent at a time. It is handed over in this order: its messages are redirected
 * ({@link Agent#associate}), the old agent forgets it, the new one is told ({@link Agent#send}) and reads its present
 * state from the status word. A message that reaches the new agent earlier is about a task it does not know, and is
 * dropped; the status word knows better.
 */
@SuppressWarnings("ReferenceEquality") // a task is equal to itself only
public abstract class PerCpuPolicy<T extends Task> extends TaskPolicy<T> {
    /** Most tasks that a pass hands over before it lets the loop go on. */
    private static final int MAX_MOVES = 64;
    private static final int FIRST_CAPACITY = 16;
    private static final int ANYWHERE = CpuSet.NO_CPU;

    /** The CPU for which this object decides. */
    protected final int cpu;

    private final Backoff accepted = new Backoff();
    private @Nullable T current;
    private @Nullable T opened;
    private int lastAssigned;

    // Tasks that need a place: new ones, and those on their way to another CPU. Entries may be out of date.
    private @Nullable Task[] moving = new Task[FIRST_CAPACITY];
    private int movingCount;

    /**
     * A policy without tasks, for {@code context.cpu()}.
     *
     * @param maker makes the object of a task, as in {@code Task::new}
     */
    protected PerCpuPolicy(PolicyContext context, Supplier<? extends T> maker) {
        super(context, maker);
        cpu = context.cpu();
        lastAssigned = cpu;
    }

    // ---- what an author may say

    /**
     * The CPU for a task that is new to the enclave, or to this policy.
     *
     * @return by default the one where it ran last, or for a task that never ran, each CPU in turn
     */
    protected int assign(T task) {
        int last = statusWords.cpu(task.statusWord);
        if (statusWords.switchTimeNs(task.statusWord) != 0 && agent.cpus().contains(last)) {
            return last;
        }
        lastAssigned = agent.cpus().nextCyclic(lastAssigned + 1);
        return lastAssigned;
    }

    /** Another agent of this policy said something, by {@link #tell}. */
    protected void told(int fromCpu, long word) {}

    /** Called in each pass, after messages were handled and before a task is chosen. */
    protected void balance() {}

    /** Another agent has handed a task over; it may have died on the way. */
    protected void taken(int fromCpu) {}

    // ---- what an author may ask

    /** The task that runs on this CPU, or is latched to; null if there is none. */
    protected final @Nullable T running() {
        return current;
    }

    /** Whether this CPU has something to run, or is wanted by tasks of another class. */
    protected final boolean isBusy() {
        return current != null || opened != null || agent.boosted();
    }

    /** Tells something to the agent of another CPU. False if it cannot be told now; try again in a later pass. */
    protected final boolean tell(int toCpu, long word) {
        return agent.send(toCpu, Gtid.NULL, -1, word);
    }

    /**
     * Hands a waiting or sleeping task over to the agent of another CPU.
     *
     * @return false if it does not work now, since there are unread messages of the task, or it is gone
     */
    protected final boolean give(T task, int toCpu) {
        if (task.state == Task.OPENED || task == current) {
            throw new IllegalArgumentException("task has the CPU: " + task);
        }
        if (task.isMoving) {
            return false;
        }
        task.moveTo = toCpu;
        if (associate(task) < 0) {
            return false;
        }
        detach(task);
        if (!send(task)) {
            add(task);
            task.isAssociated = true;
        }
        return true;
    }

    // ---- the pass

    @Override
    public void lead(Agent agent) {
        super.lead(agent);
        T task = opened;
        if (task != null) {
            opened = null;
            abandon(task);
        }
    }

    @Override
    public long schedule(Agent agent) {
        beginPass(agent);
        long untilNs = place();
        endYield();
        balance();
        if (untilNs == UNTIL_MESSAGE) {
            untilNs = place();
        }
        if (accepted.isDue(nowNs)) {
            accepted.end();
        }
        if (!isBusy() && !agent.pending(cpu) && accepted.untilNs() == UNTIL_MESSAGE) {
            choose();
        }
        untilNs = Math.min(untilNs, Math.min(settled.untilNs(), accepted.untilNs()));
        return Math.min(untilNs, wakeAtNs());
    }

    private void choose() {
        for (T task = first(); task != null; task = first()) {
            if (!isSettled(task)) {
                continue;
            }
            CpuSet allowed = affinity(task);
            if (allowed != null && !allowed.contains(cpu)) {
                moveAway(task, allowed);
                continue;
            }
            dequeue(task);
            task.state = Task.OPENED;
            task.cpu = cpu;
            opened = task;
            agent.run(cpu, task.gtid, task.seqnum);
            return;
        }
    }

    /** Hands a task that may not run here over to where it may; if that is nowhere now, looks again later. */
    private void moveAway(T task, CpuSet allowed) {
        int to = allowed.first();
        while (to >= 0 && !agent.cpus().contains(to)) {
            to = allowed.next(to + 1);
        }
        if (to < 0 || !give(task, to)) {
            detach(task);
            settle(task);
        }
    }

    // ---- tasks come and go

    @Override
    public void taskNew(Message message) {
        T before = tasks.at(message.statusWord());
        boolean isKnown = before != null && before.gtid == message.gtid();
        super.taskNew(message);
        T task = tasks.at(message.statusWord());
        // While it follows, the agents other than the first are shown what the leader has placed with them.
        if (!isKnown && task != null && (hasLed || cpu == context.cpus().first())) {
            task.moveTo = ANYWHERE;
            add(task);
        }
    }

    private void add(T task) {
        task.isMoving = true;
        task.isAssociated = false;
        if (movingCount == moving.length) {
            moving = Arrays.copyOf(moving, 2 * movingCount);
        }
        moving[movingCount++] = task;
    }

    /** Finds a place for those who need one. When to go on: AGAIN, a time, or UNTIL_MESSAGE if all have one. */
    private long place() {
        int count = movingCount;
        int end = Math.min(count, MAX_MOVES);
        int kept = 0;
        for (int i = 0; i < end; i++) {
            T task = moving(i);
            // The task may have died, and its object been used again, since it was put there.
            if (task.gtid != 0 && task.isMoving) {
                if (placeOne(task)) {
                    task.isMoving = false;
                } else {
                    moving[kept++] = task;
                }
            }
        }
        System.arraycopy(moving, end, moving, kept, count - end);
        movingCount = kept + count - end;
        Arrays.fill(moving, movingCount, count, null);
        return movingCount == 0 ? UNTIL_MESSAGE : count > MAX_MOVES ? AGAIN : nowNs + Backoff.FIRST_NS;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // only a T is ever stored, and below the count there are tasks
    private T moving(int index) {
        return (T) moving[index];
    }

    /** False if it does not work at the moment. */
    private boolean placeOne(T task) {
        if (!task.isAssociated) {
            if (task.moveTo == ANYWHERE) {
                task.moveTo = assign(task);
            }
            int result = associate(task);
            if (result < 0 || task.moveTo == cpu) {
                return result != Agent.STALE;
            }
            // From here on it is none of this agent's business.
            task.isAssociated = true;
            detach(task);
        }
        return send(task);
    }

    private boolean send(T task) {
        boolean sent = agent.send(task.moveTo, task.gtid, task.statusWord, 0);
        if (sent) {
            forget(task);
        }
        return sent;
    }

    private int associate(T task) {
        int result = agent.associate(task.gtid, task.statusWord, task.moveTo, task.seqnum);
        if (result == Agent.STALE) {
            // Its messages come to this agent, or to one that does not know it: what the status word says counts.
            read(task);
            result = agent.associate(task.gtid, task.statusWord, task.moveTo, task.seqnum);
        }
        return result;
    }

    /**
     * Brings what is known of a task up to date with its status word. The flags can be newer than the barrier; then
     * the message that tells so is still to come.
     */
    private void read(T task) {
        int word = task.statusWord;
        task.seqnum = statusWords.barrier(word);
        boolean runnable = statusWords.runnable(word);
        show(task, runnable, runnable && statusWords.onCpu(word), statusWords.cpu(word));
    }

    @Override
    public void received(int fromCpu, long gtid, int statusWord, long word) {
        if (gtid == Gtid.NULL) {
            told(fromCpu, word);
            return;
        }
        taken(fromCpu);
        T task = tasks.at(statusWord);
        if (task != null && task.gtid != gtid) {
            forget(task);
            task = null;
        }
        if (!statusWords.isTask(statusWord) || statusWords.gtid(statusWord) != gtid) {
            return;
        }
        if (task == null) {
            task = tasks.add(gtid, statusWord, statusWords.barrier(statusWord));
            task.runtimeNs = statusWords.runtimeNs(statusWord);
            added(task);
        }
        read(task);
    }

    // ---- what is on this CPU

    @Override
    final void occupy(T task, int onCpu) {
        task.cpu = onCpu;
        if (onCpu == cpu) {
            current = task;
        }
    }

    @Override
    final void vacate(T task) {
        if (opened == task) {
            opened = null;
        }
        if (current == task) {
            current = null;
        }
    }

    /** The agent runs only when the chain does not: nothing to remember. */
    @Override
    final void chainBegan(int onCpu) {}

    /** The last of a chain may belong to this agent, though it ran on another's CPU. */
    @Override
    final void chainEnded(int onCpu) {
        if (onCpu != cpu && hasLed) {
            agent.ping(onCpu);
        }
    }

    @Override
    final @Nullable T close(int onCpu, long gtid) {
        T task = opened;
        if (task == null || onCpu != cpu || task.gtid != gtid) {
            return null;
        }
        opened = null;
        return task;
    }

    @Override
    final void failedOn(int onCpu, boolean mayLast) {
        if (mayLast) {
            accepted.failed(nowNs);
        }
    }

    @Override
    public void dump(StringBuilder out) {
        T task = current;
        out.append("cpu ").append(cpu).append(": ").append(task == null ? "free" : Gtid.toString(task.gtid))
                .append('\n');
        super.dump(out);
    }
}
