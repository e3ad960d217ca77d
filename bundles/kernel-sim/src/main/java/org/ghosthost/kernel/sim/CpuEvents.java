package org.ghosthost.kernel.sim;

import static org.ghosthost.kernel.sim.EventQueue.NEVER;

import java.util.Arrays;

/**
 * When which CPU is due next: a tournament among all CPUs, by time and then by the order in which they were set. Every
 * CPU takes part all the time, so that a change costs one climb and the winner is known at once.
 */
final class CpuEvents {
    private final long[] times;
    private final long[] orders;
    /** Winner of each match; the one of match n comes from 2n and 2n + 1, and the CPUs enter in the last row. */
    private final int[] winners;
    private final int firstRow;

    CpuEvents(int cpus) {
        firstRow = Integer.highestOneBit(Math.max(1, 2 * cpus - 1));
        times = new long[firstRow];
        orders = new long[firstRow];
        winners = new int[2 * firstRow];
        Arrays.fill(times, NEVER);
        for (int i = 0; i < firstRow; i++) {
            orders[i] = i;
            winners[firstRow + i] = i;
        }
        for (int match = firstRow - 1; match > 0; match--) {
            winners[match] = winners[2 * match];
        }
    }

    /** The CPU that is due first. */
    int head() {
        return winners[1];
    }

    long headTime() {
        return times[winners[1]];
    }

    long headOrder() {
        return orders[winners[1]];
    }

    long time(int cpu) {
        return times[cpu];
    }

    /** When the CPU is due from now on. One that keeps its time keeps its place in the order. */
    void set(int cpu, long time, long order) {
        if (times[cpu] == time) {
            return;
        }
        times[cpu] = time;
        orders[cpu] = order;
        for (int match = (firstRow + cpu) >> 1; match > 0; match >>= 1) {
            int left = winners[2 * match];
            int right = winners[2 * match + 1];
            long lead = times[left] - times[right];
            int winner = lead < 0 ? left : right; // no branch: who wins cannot be predicted
            if (lead == 0) {
                winner = orders[left] < orders[right] ? left : right;
            }
            winners[match] = winner;
        }
    }
}
