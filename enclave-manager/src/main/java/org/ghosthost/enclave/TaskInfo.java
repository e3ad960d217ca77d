package org.ghosthost.enclave;

/**
 * A task at one moment.
 *
 * @param gtid its id
 * @param name its name
 * @param state {@code running}, {@code runnable} or {@code blocked}
 * @param cpu CPU it is on, or was on last; -1 if it never ran
 * @param nice nice value
 * @param runtimeNs CPU time so far
 * @param waitingNs how long it has waited for a CPU; 0 if it does not wait
 */
public record TaskInfo(long gtid, String name, String state, int cpu, int nice, long runtimeNs, long waitingNs) {}
