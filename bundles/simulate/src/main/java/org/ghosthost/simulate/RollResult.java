package org.ghosthost.simulate;

/**
 * What became of a roll.
 *
 * @param atNs when, ns of virtual time
 * @param from the policy before, as {@code edf 1.0.0}
 * @param to the policy that was to come
 * @param outcome what became of it
 * @param reason why it did not succeed, or the empty text
 * @param blackoutNs wall-clock from the last pass of the old generation to the end of the first one of the new, ns
 * @param tasksBefore tasks in the enclave before
 * @param tasksAfter tasks in the enclave after
 * @param generation number of the generation that was to lead
 */
record RollResult(long atNs, String from, String to, String outcome, String reason, long blackoutNs, int tasksBefore,
        int tasksAfter, long generation) {
}
