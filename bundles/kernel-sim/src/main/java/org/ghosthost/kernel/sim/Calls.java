package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Things to do at a time that belong neither to a CPU nor to a task. */
final class Calls {
    private final Machine m;
    private final EventQueue queue;
    private @Nullable Runnable[] actions = new Runnable[16];
    private boolean[] once = new boolean[16];
    private int[] free = new int[16];
    private int freeCount;
    private int count;

    Calls(Machine machine, EventQueue queue) {
        m = machine;
        this.queue = queue;
    }

    /** A number for something that happens again and again; {@link #set} says when next. */
    int register(Runnable action) {
        int node = freeCount > 0 ? free[--freeCount] : count++;
        if (node >= actions.length) {
            actions = Arrays.copyOf(actions, node * 2);
            once = Arrays.copyOf(once, node * 2);
        }
        actions[node] = action;
        once[node] = false;
        return node;
    }

    void release(int node) {
        queue.clear(node);
        actions[node] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, freeCount * 2);
        }
        free[freeCount++] = node;
    }

    /** Does something once. */
    void at(long time, Runnable action) {
        int node = register(action);
        once[node] = true;
        set(node, time);
    }

    void set(int node, long time) {
        queue.set(node, time, m.nextOrder());
    }

    boolean isSet(int node) {
        return queue.time(node) != NEVER;
    }

    void fire(int node) {
        Runnable action = actions[node];
        if (once[node]) {
            release(node);
        } else {
            queue.clear(node);
        }
        if (action != null) {
            action.run();
        }
    }
}
