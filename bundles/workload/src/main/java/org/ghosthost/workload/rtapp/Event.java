package org.ghosthost.workload.rtapp;

/**
 * An event of a phase.
 *
 * @param kind what it does
 * @param ns its time: of a run or sleep, or the period of a timer
 * @param target index of what it acts on: a timer, mutex, condition, barrier, semaphore or task definition
 * @param mutex index of the mutex of a wait
 * @param unique whether its timer belongs to the task alone
 * @param line its line in the file
 * @param column its column in the file
 */
record Event(EventKind kind, long ns, int target, int mutex, boolean unique, int line, int column) {

    /** Value of an index that means nothing. */
    static final int NO_INDEX = -1;
}
