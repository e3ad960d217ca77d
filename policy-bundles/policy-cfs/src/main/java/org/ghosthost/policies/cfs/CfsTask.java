package org.ghosthost.policies.cfs;

import org.ghosthost.agent.Task;
import org.ghosthost.policy.NiceWeight;

/** A task with its weighted CPU time. */
final class CfsTask extends Task {
    /** CPU time, ns, as much faster or slower than the clock as its weight is less or more than that of nice 0. */
    long vruntime;

    private int weight = NiceWeight.NICE_0;

    void nice(int nice) {
        weight = NiceWeight.of(nice);
    }

    void ran(long ns) {
        vruntime += ns * NiceWeight.NICE_0 / weight;
    }

    @Override
    public String toString() {
        return super.toString() + " weight " + weight + " vruntime " + vruntime;
    }
}
