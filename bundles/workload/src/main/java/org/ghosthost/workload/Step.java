package org.ghosthost.workload;

/**
 * What a task does next. The argument of a step stays in the {@link TaskContext} whose method returned it, so a step
 * costs no allocation.
 */
public enum Step {
    /** Burn CPU time. Made by {@link TaskContext#run(long)}. */
    RUN,
    /** Burn CPU time until somebody wakes the task. Made by {@link TaskContext#spin()}. */
    SPIN,
    /** Leave the CPU until a point in time. Made by {@link TaskContext#sleepUntil(long)} and its relative form. */
    SLEEP,
    /** Leave the CPU until somebody wakes the task. Made by {@link TaskContext#block()}. */
    BLOCK,
    /** Give way and stay runnable. Made by {@link TaskContext#yield()}. */
    YIELD,
    /** Hand the CPU to a blocked task and block. Made by {@link TaskContext#switchTo(int)}. */
    SWITCH_TO,
    /** End the task. Made by {@link TaskContext#exit()}. */
    EXIT
}
