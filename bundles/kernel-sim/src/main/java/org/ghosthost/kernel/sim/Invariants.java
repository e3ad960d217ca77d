package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CPU_AVAILABLE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IS_AGENT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import java.util.Arrays;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * What must be true of the machine after each event, whatever agents and tasks do. Slow; for tests. A violation is an
 * AssertionError with the time, the seed and what happened last.
 */
final class Invariants {
    /** Enclaves of more status words than this are not counted word by word. */
    private static final int MAX_COUNTED_WORDS = 1024;

    private final Machine m;
    private final TaskProtocol protocol;
    private final TraceLines lines = new TraceLines();
    private final boolean[] toldAvailable;

    Invariants(Machine machine) {
        m = machine;
        toldAvailable = new boolean[machine.cpus.length];
        Arrays.fill(toldAvailable, true);
        protocol = new TaskProtocol(this);
    }

    // ---- told by the machine

    /** A message of the task was produced, or would have been if there were a queue and an open gate. */
    void message(Task t, int type, int flags, boolean sent) {
        lines.add(m.now, MessageType.name(type), t, " seq=" + t.barrier + (sent ? "" : " (not sent)"));
        if (!t.isGated()) {
            protocol.message(t, type, flags);
        }
        check(!sent || !t.isGated(), "a message of %s passed a shut gate", t);
        check(t.enclave().words.view().barrier(t.statusWord) == t.barrier, "barrier of %s is not in its word", t);
        if (type == MessageType.TASK_DEAD || type == MessageType.TASK_DEPARTED) {
            check((t.wordFlags & FLAG_CAN_FREE) != 0, "%s ends before its word can be freed", t);
        }
    }

    void transaction(Cpu c, @Nullable Task t, long gtid, TransactionState state) {
        lines.add(m.now, "commit cpu " + c.id + " " + state, t, t == null ? Gtid.toString(gtid) : "");
        if (t != null && !t.isAgent) {
            protocol.committed(t, state);
        }
    }

    /** What a commit that fails must not change. */
    record Before(@Nullable Task target, int targetState, int barrier, @Nullable Task current, @Nullable Task latched,
            boolean latchedIdle, int agentBarrier, int runFlags) {}

    Before beforeCommit(Cpu c, @Nullable Task t) {
        return new Before(t, t == null ? 0 : t.state, t == null ? 0 : t.barrier, c.current, c.latched, c.latchedIdle,
                agentBarrier(c), c.runFlags);
    }

    /** The one thing that a failure may change is the agent's barrier, if the transaction says so. */
    void failedCommit(Cpu c, Before before, boolean raisesBarrier) {
        Before now = beforeCommit(c, before.target);
        check(before.targetState == now.targetState && before.barrier == now.barrier && before.current == now.current
                && before.latched == now.latched && before.latchedIdle == now.latchedIdle
                && before.runFlags == now.runFlags, "a failed commit changed %s to %s", before, now);
        int raised = now.agentBarrier - before.agentBarrier;
        check(raised == 0 || (raised == 1 && raisesBarrier), "a failed commit raised the barrier of CPU %s", c.id);
    }

    private static int agentBarrier(Cpu c) {
        return c.agent == null ? 0 : c.agent.thread.barrier;
    }

    /** A message for this agent, which counts at least one: the wake-up. */
    void woken(Agent a, int barrierBefore) {
        check(a.thread.barrier != barrierBefore, "a message did not raise the barrier of CPU %s", a.cpu.id);
    }

    /** The agent is about to sleep in RUN. */
    void sleeps(Agent a) {
        check(a.pass.barrier() == a.thread.barrier, "the agent of CPU %s sleeps on stale news", a.cpu.id);
    }

    void destroyed(SimEnclave e) {
        check(e.members.size() == 0 && e.cpus.isEmpty(), "enclave %s is destroyed and has tasks or CPUs", e.id);
        for (Cpu c : m.cpus) {
            check(c.enclave != e, "CPU %s is of enclave %s, which is destroyed", c.id, e.id);
        }
    }

    /** The switch of a CPU between us and the other classes was told. */
    void availability(Cpu c, boolean available) {
        check(toldAvailable[c.id] != available, "CPU %s became available=%s twice", c.id, available);
        toldAvailable[c.id] = available;
    }

    void switchedIn(Cpu c, Task t) {
        lines.add(m.now, "cpu " + c.id + " runs", t, "");
        SimEnclave e = c.enclave;
        if (t.isGhost()) {
            check(e != null && t.enclave == e, "%s runs on CPU %s, which is not of its enclave", t, c.id);
            boolean decided = c.agent != null || (e != null && e.mode.isInKernel());
            check(decided || m.config.profile() == Profile.SCHED_EXT, "%s runs on CPU %s without agent", t, c.id);
        }
        protocol.ran(t);
    }

    /** The task was announced while it is on a CPU: its stop is still to come. */
    void announcedRunning(Task t) {
        protocol.ran(t);
    }

    void poisoned(Task t) {
        protocol.forgetCommit(t);
    }

    // ---- after each event

    void afterEvent() {
        long runtime = 0;
        for (int id = 0; id < m.createdTasks(); id++) {
            Task t = m.taskOrNull(id);
            if (t != null) {
                runtime += t.runtime;
                task(t);
            }
        }
        check(
                runtime <= (m.now - Machine.START_NS) * m.cpus.length,
                "the living tasks ran for %s ns, which is more than there were", runtime);
        for (Cpu c : m.cpus) {
            cpu(c);
        }
        for (int i = 0; i < m.enclaves.size(); i++) {
            enclave(m.enclaves.get(i));
        }
    }

    private void task(Task t) {
        Cpu on = t.isOnCpu() ? m.cpus[t.onCpu] : null;
        check((t.state == Task.RUNNING) == (on != null), "%s is in state %s, on a CPU: %s", t, t.state, on != null);
        check(on == null || on.current == t, "%s believes to be on CPU %s", t, on == null ? -1 : on.id);
        Cpu latchedOn = t.isLatched() ? m.cpus[t.latchedOn] : null;
        check(latchedOn == null || latchedOn.latched == t, "%s believes to be latched", t);
        TaskList expected = null;
        if (t.state == Task.READY) {
            Cpu queue = m.cpus[t.cpu];
            boolean kept = t.isGhost() && t.enclave().keepsWaiting;
            expected = kept ? t.enclave().waiting : t.isGhost() ? null : ForeignClasses.isRt(t) ? queue.rt : queue.fair;
        }
        check(t.list == expected, "%s is in the wrong list in state %s", t, t.state);
        check(t.isGhost() == (t.enclave != null) || t.state == Task.BORN, "%s: class and enclave differ", t);
        if (t.enclave != null) {
            ghostTask(t, t.enclave);
        }
    }

    private void ghostTask(Task t, SimEnclave e) {
        check(e.alive, "%s is in an enclave that is gone", t);
        check(e.words.flags(t.statusWord) == t.wordFlags, "flags of %s are not in its word", t);
        check(e.words.owner(t.statusWord) == t, "the word of %s belongs to another", t);
        boolean flaggedOn = (t.wordFlags & FLAG_ON_CPU) != 0;
        check(flaggedOn == t.isOnCpu(), "%s has flag ON_CPU %s", t, flaggedOn);
        boolean flaggedRunnable = (t.wordFlags & FLAG_RUNNABLE) != 0;
        check(flaggedRunnable == t.isRunnable(), "%s has flag RUNNABLE %s", t, flaggedRunnable);
        boolean inChain = t.isOnCpu() && m.cpus[t.onCpu].switchtoCount > 0;
        if (!t.newTask && !t.isGated() && !inChain) {
            protocol.says(t, flaggedRunnable);
        }
        protocol.committedIsLatched(t);
    }

    private void cpu(Cpu c) {
        Task current = c.current;
        check(current == null || current.onCpu == c.id, "CPU %s runs %s, which knows nothing of it", c.id, current);
        check(!c.agentCurrent || (current == null && c.agent != null), "CPU %s runs two at once", c.id);
        Task latched = c.latched;
        if (latched != null) {
            check(latched.latchedOn == c.id && latched.state == Task.READY, "latch of CPU %s: %s", c.id, latched);
            check(latched.enclave == c.enclave && c.enclave != null, "latch of CPU %s is foreign: %s", c.id, latched);
            check(c.agent != null && !c.latchedIdle, "latch of CPU %s without agent, or two: %s", c.id, latched);
        }
        check(m.isArmed(c), "CPU %s forgot what it waits for", c.id);
        SimEnclave e = c.enclave;
        check(e == null || e.cpus.contains(c.id), "CPU %s is not of its enclave", c.id);
        if (c.reschedAt == NEVER) {
            settled(c);
        }
        Agent a = c.agent;
        if (a != null) {
            boolean flag = (a.thread.wordFlags & FLAG_CPU_AVAILABLE) != 0;
            check(flag == c.available, "the agent of CPU %s sees available=%s", c.id, flag);
            check(a.enclave == e && e.alive, "the agent of CPU %s has no enclave", c.id);
        }
    }

    /** Nothing is about to change on this CPU by itself: the highest class that wants it has it. */
    private void settled(Cpu c) {
        Task current = c.current;
        boolean ghost = current != null && current.isGhost();
        boolean foreign = current != null && !ghost;
        check(!ghost || !c.othersWait(), "ghost task %s runs while others wait for CPU %s", current, c.id);
        check(c.rt.isEmpty() || (foreign && ForeignClasses.isRt(current)), "RT waits for CPU %s", c.id);
        check(c.available == (!foreign && !c.othersWait()), "CPU %s has available=%s", c.id, c.available);
        check(!c.isIdle() || !c.othersWait() || !c.online, "CPU %s idles while others wait", c.id);
        Agent a = c.agent;
        if (a != null && !c.agentCurrent && !a.blockedInRun && !a.stalled) {
            check(foreign && ForeignClasses.isRt(current), "the agent of CPU %s is runnable and has not got it", c.id);
        }
        if (c.latched != null) {
            check(c.agentCurrent, "CPU %s has a latch and does nothing about it", c.id);
        }
    }

    private void enclave(SimEnclave e) {
        long before = 0;
        int waiting = 0;
        for (Task t = e.waiting.head; t != null; t = t.next) {
            check(t.runnableSince >= before, "%s waits longer than the one before it", t);
            check(t.state == Task.READY && t.enclave == e, "%s waits in enclave %s", t, e.id);
            before = t.runnableSince;
            waiting++;
        }
        check(waiting == e.waiting.size, "enclave %s counts its waiting tasks wrong", e.id);
        e.cpus.forEach(cpu -> check(m.cpus[cpu].enclave == e, "CPU %s is in two enclaves", cpu));
        int members = 0;
        for (Task t = e.members.first(); t != null; t = t.nextMember) {
            members++;
        }
        check(members == e.members.size(), "enclave %s counts its tasks wrong", e.id);
        if (e.words.capacity() <= MAX_COUNTED_WORDS) {
            words(e, members);
        }
    }

    private void words(SimEnclave e, int members) {
        int living = 0;
        int used = 0;
        for (int i = 0; i < e.words.capacity(); i++) {
            int flags = e.words.flags(i);
            boolean owned = e.words.owner(i) != null;
            check(owned == ((flags & FLAG_IN_USE) != 0), "word %s is in use: %s, owned: %s", i, flags, owned);
            used += owned ? 1 : 0;
            living += (flags & (FLAG_IN_USE | FLAG_IS_AGENT | FLAG_CAN_FREE)) == FLAG_IN_USE ? 1 : 0;
        }
        check(living == members, "enclave %s has %s tasks and %s words in use", e.id, members, living);
        check(used + e.words.available() == e.words.capacity(), "enclave %s lost a status word", e.id);
    }

    // ---- failing

    /** Each {@code %s} of the text stands for the next argument. */
    void check(boolean holds, String what, @Nullable Object... args) {
        if (!holds) {
            StringBuilder text = new StringBuilder(what);
            for (Object arg : args) {
                int at = text.indexOf("%s");
                text.replace(at, at + 2, String.valueOf(arg));
            }
            throw new AssertionError(text + " at " + m.now + " ns, seed " + m.config.seed() + "\n" + lines);
        }
    }

    void check(boolean holds, String what, @Nullable Object arg) {
        if (!holds) {
            check(false, what, new Object[] {arg});
        }
    }

    void check(boolean holds, String what, @Nullable Object arg, @Nullable Object other) {
        if (!holds) {
            check(false, what, new Object[] {arg, other});
        }
    }
}
