package org.ghosthost.kernel.sim;

import java.util.Arrays;

/**
 * When what happens next: a 4-ary heap of numbered nodes, ordered by time and then by the order in which they were set.
 * A node is in the heap once at most and can be moved. No allocation but growth.
 */
final class EventQueue {
    /** A time that never comes. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int ABSENT = -1;

    private long[] times = new long[16];
    private long[] orders = new long[16];
    private int[] nodes = new int[16];
    private int[] places = new int[16];
    private int size;

    EventQueue() {
        Arrays.fill(places, ABSENT);
        times[0] = NEVER;
    }

    long headTime() {
        return times[0]; // NEVER when there is none
    }

    long headOrder() {
        return orders[0];
    }

    int headNode() {
        return nodes[0];
    }

    int size() {
        return size;
    }

    /** When the node is due; {@link #NEVER} if it is not set. */
    long time(int node) {
        return node >= places.length || places[node] == ABSENT ? NEVER : times[places[node]];
    }

    /** Sets or moves a node; {@link #NEVER} takes it out. A node that keeps its time keeps its place in the order. */
    void set(int node, long time, long order) {
        if (time == NEVER) {
            clear(node);
            return;
        }
        ensure(node);
        int at = places[node];
        if (at == ABSENT) {
            if (size == times.length) {
                grow();
            }
            up(size++, node, time, order);
        } else if (time < times[at]) {
            up(at, node, time, order);
        } else if (time > times[at]) {
            down(at, node, time, order);
        }
    }

    void clear(int node) {
        int at = node < places.length ? places[node] : ABSENT;
        if (at == ABSENT) {
            return;
        }
        places[node] = ABSENT;
        size--;
        if (at == size) {
            times[at] = NEVER;
            return;
        }
        int moved = nodes[size];
        long time = times[size];
        long order = orders[size];
        int parent = (at - 1) >> 2;
        if (at > 0 && before(time, order, parent)) {
            up(at, moved, time, order);
        } else {
            down(at, moved, time, order);
        }
    }

    private boolean before(long time, long order, int other) {
        return time < times[other] || (time == times[other] && order < orders[other]);
    }

    private void up(int from, int node, long time, long order) {
        int at = from;
        while (at > 0) {
            int parent = (at - 1) >> 2;
            if (!before(time, order, parent)) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, node, time, order);
    }

    private void down(int from, int node, long time, long order) {
        int at = from;
        while (true) {
            int child = (at << 2) + 1;
            if (child >= size) {
                break;
            }
            int last = Math.min(child + 4, size);
            int least = child;
            long leastTime = times[child];
            for (int i = child + 1; i < last; i++) {
                long t = times[i];
                if (t == leastTime) {
                    least = orders[i] < orders[least] ? i : least;
                }
                least = t < leastTime ? i : least; // no branch: which is least cannot be predicted
                leastTime = Math.min(t, leastTime);
            }
            if (before(time, order, least)) {
                break;
            }
            move(least, at);
            at = least;
        }
        put(at, node, time, order);
    }

    private void move(int from, int to) {
        times[to] = times[from];
        orders[to] = orders[from];
        nodes[to] = nodes[from];
        places[nodes[to]] = to;
    }

    private void put(int at, int node, long time, long order) {
        times[at] = time;
        orders[at] = order;
        nodes[at] = node;
        places[node] = at;
    }

    private void ensure(int node) {
        if (node >= places.length) {
            int old = places.length;
            places = Arrays.copyOf(places, Math.max(node + 1, old * 2));
            Arrays.fill(places, old, places.length, ABSENT);
        }
    }

    private void grow() {
        times = Arrays.copyOf(times, size * 2);
        orders = Arrays.copyOf(orders, size * 2);
        nodes = Arrays.copyOf(nodes, size * 2);
    }
}
