package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.MessageLayout.FLAG_FROM_SWITCHTO;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_LATCHED;

import java.util.Arrays;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionState;

/** The order in which messages of one task may come: an automaton per task. */
final class TaskProtocol {
    private static final byte OUTSIDE = 0;
    private static final byte RUNNABLE = 1;
    private static final byte BLOCKED = 2;

    private final Invariants invariants;
    private byte[] states = new byte[64];
    /** Its present time on a CPU has been reported as over. */
    private boolean[] stopTold = new boolean[64];
    /** A commit of the task succeeded and it has not run since. */
    private boolean[] committed = new boolean[64];

    TaskProtocol(Invariants invariants) {
        this.invariants = invariants;
    }

    void message(Task t, int type, int flags) {
        int id = index(t);
        byte before = states[id];
        boolean chain = (flags & FLAG_FROM_SWITCHTO) != 0;
        switch (type) {
            case MessageType.TASK_NEW -> {
                check(t, before == OUTSIDE, type, before);
                states[id] = (flags & FLAG_RUNNABLE) != 0 ? RUNNABLE : BLOCKED;
                stopTold[id] = true;
                committed[id] = false;
            }
            case MessageType.TASK_WAKEUP -> {
                check(t, before == BLOCKED && !t.isOnCpu(), type, before);
                states[id] = RUNNABLE;
            }
            case MessageType.TASK_BLOCKED -> {
                stopped(t, type, before, chain);
                states[id] = BLOCKED;
            }
            case MessageType.TASK_YIELD -> {
                stopped(t, type, before, chain);
                states[id] = RUNNABLE;
            }
            case MessageType.TASK_PREEMPT -> preempted(t, type, before, flags, chain);
            case MessageType.TASK_SWITCHTO -> {
                stopped(t, type, before, false);
                states[id] = BLOCKED;
            }
            case MessageType.TASK_DEAD, MessageType.TASK_DEPARTED -> {
                check(t, before != OUTSIDE, type, before);
                states[id] = OUTSIDE;
                committed[id] = false;
            }
            default -> check(t, before != OUTSIDE, type, before);
        }
    }

    private void preempted(Task t, int type, byte before, int flags, boolean chain) {
        int id = index(t);
        if ((flags & FLAG_WAS_LATCHED) != 0) {
            check(t, before == RUNNABLE && !t.isOnCpu() && !chain, type, before);
        } else {
            stopped(t, type, before, chain);
        }
        states[id] = RUNNABLE;
        committed[id] = false;
    }

    /** The task stops running, and this is the first word of it. */
    private void stopped(Task t, int type, byte before, boolean chain) {
        int id = index(t);
        boolean ran = t.isOnCpu() && !stopTold[id];
        check(t, ran && (before == RUNNABLE || (chain && before == BLOCKED)), type, before);
        stopTold[id] = true;
    }

    void ran(Task t) {
        int id = index(t);
        stopTold[id] = false;
        committed[id] = false;
    }

    void committed(Task t, TransactionState state) {
        committed[index(t)] = state == TransactionState.COMPLETE && !t.isOnCpu();
    }

    void forgetCommit(Task t) {
        committed[index(t)] = false;
    }

    /** A decision that holds and has not come true is a latch. */
    void committedIsLatched(Task t) {
        boolean lost = committed[index(t)] && !t.isLatched();
        invariants.check(!lost, "%s was committed, and neither ran nor lost its latch by a message", t);
    }

    /** The last message that told agrees with the status word. */
    void says(Task t, boolean runnable) {
        byte state = states[index(t)];
        invariants.check(
                state == (runnable ? RUNNABLE : BLOCKED), "%s: messages say %s, the status word says %s", t, state,
                runnable);
    }

    private void check(Task t, boolean holds, int type, byte before) {
        if (!holds) {
            invariants.check(false, "%s of %s in state %s", MessageType.name(type), t, before);
        }
    }

    private int index(Task t) {
        if (t.id >= states.length) {
            int size = Math.max(t.id + 1, states.length * 2);
            states = Arrays.copyOf(states, size);
            stopTold = Arrays.copyOf(stopTold, size);
            committed = Arrays.copyOf(committed, size);
        }
        return t.id;
    }
}
