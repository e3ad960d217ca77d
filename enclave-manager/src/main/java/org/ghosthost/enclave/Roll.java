package org.ghosthost.enclave;

import java.util.Locale;

/**
 * How the lead passed, or did not pass, from one generation to the next. Holds no object of a policy, so that it keeps
 * no bundle's classes alive.
 *
 * @param enclave the enclave
 * @param fromGeneration generation that led before
 * @param from its release
 * @param toGeneration generation that was to lead
 * @param to its release
 * @param outcome how it ended, or stands
 * @param reason one sentence, empty if all went well
 * @param atNs when it was asked for, ns of the backend's clock
 * @param blackoutNs wall-clock time from the end of the old one's last pass to the end of the new one's first; -1 if
 *     the lead never passed
 * @param tasksBefore tasks in the enclave when the lead passed
 * @param tasksAfter tasks that the new generation knew then, or had seen die
 */
public record Roll(
        int enclave,
        int fromGeneration,
        String from,
        int toGeneration,
        String to,
        Outcome outcome,
        String reason,
        long atNs,
        long blackoutNs,
        int tasksBefore,
        int tasksAfter) {
    /** How a roll ends. */
    public enum Outcome {
        /** Under way. */
        UNDER_WAY,
        /** The new generation stays. */
        COMMITTED,
        /** The old generation leads again, or still. */
        ROLLED_BACK,
        /** The new generation was taken out by the operator or with its bundle. */
        REMOVED;

        /** As tables and JSON show it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }
}
