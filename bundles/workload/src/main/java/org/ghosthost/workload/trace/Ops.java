package org.ghosthost.workload.trace;

import java.util.Arrays;

/**
 * What a recorded task does, one {@code long} for each thing.
 *
 * <pre>
 * bits 63..60   kind
 * bits 59..0    RUN, SLEEP: nanoseconds · BLOCK: number of the wake it waits for
 *               WAKE: index of the task in 59..32, number of the wake in 31..0 · FORK: index of the task
 * </pre>
 */
final class Ops {
    static final int RUN = 0;
    static final int SLEEP = 1;
    static final int BLOCK = 2;
    static final int WAKE = 3;
    static final int FORK = 4;

    private static final int KIND_SHIFT = 60;
    private static final long ARGUMENT = (1L << KIND_SHIFT) - 1;
    private static final int TASK_SHIFT = 32;
    private static final long NUMBER = (1L << TASK_SHIFT) - 1;

    private long[] ops = new long[8];
    private int size;

    void add(final int kind, final long argument) {
        if (size == ops.length) {
            ops = Arrays.copyOf(ops, size * 2);
        }
        ops[size++] = (long) kind << KIND_SHIFT | (argument & ARGUMENT);
    }

    void addWake(final int task, final int number) {
        add(WAKE, (long) task << TASK_SHIFT | number);
    }

    int size() {
        return size;
    }

    int kind(final int index) {
        return (int) (ops[index] >>> KIND_SHIFT);
    }

    long argument(final int index) {
        return ops[index] & ARGUMENT;
    }

    int wokenTask(final int index) {
        return (int) (argument(index) >>> TASK_SHIFT);
    }

    int wakeNumber(final int index) {
        return (int) (argument(index) & NUMBER);
    }

    void trim() {
        ops = Arrays.copyOf(ops, size);
    }
}
