package org.ghosthost.enclave;

/** Where a generation stands on its way to the lead, or back. */
public enum HandoffState {
    /** Its bundle is resolved; the generation has its number. */
    RESOLVED,
    /** Its policies are made. */
    PREPARED,
    /** It sees every task, message and outcome, and decides nothing. */
    FOLLOWING,
    /** It has the lead and has not finished a pass. */
    ONLINE,
    /** It leads; its predecessor follows, in case. */
    PROBATION,
    /** It leads for good. */
    COMMITTED,
    /** Its predecessor leads. */
    ROLLED_BACK;

    /** Whether nothing comes after it. */
    public boolean isFinal() {
        return this == COMMITTED || this == ROLLED_BACK;
    }
}
