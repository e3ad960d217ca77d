package org.ghosthost.testkit;

import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_SCHEDULE;
import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_TXN_COMMIT;
import static org.ghosthost.policy.TransactionFlags.COMMIT_MASK;
import static org.ghosthost.policy.TransactionFlags.ELIDE_AGENT_BARRIER_INC;
import static org.ghosthost.policy.TransactionFlags.INC_AGENT_BARRIER_ON_FAILURE;
import static org.ghosthost.policy.TransactionFlags.NEED_CPU_NOT_IDLE;
import static org.ghosthost.policy.TransactionFlags.RTLA_ON_IDLE;
import static org.ghosthost.policy.TransactionFlags.RUN_MASK;

import org.ghosthost.policy.Gtid;

/** Which flags go together, as ghOSt's kernel has it. */
final class NullFlags {
    private NullFlags() {}

    static boolean areValid(int flags, long gtid) {
        int both = COMMIT_AT_SCHEDULE | COMMIT_AT_TXN_COMMIT;
        int barrier = ELIDE_AGENT_BARRIER_INC | INC_AGENT_BARRIER_ON_FAILURE;
        boolean run = (flags & ~(RUN_MASK | COMMIT_MASK)) == 0
                && (gtid != Gtid.AGENT || (flags & RUN_MASK) == 0)
                && (gtid >= 0 || (flags & RTLA_ON_IDLE) == 0)
                && (gtid == Gtid.IDLE || (flags & NEED_CPU_NOT_IDLE) == 0);
        return run && (flags & both) != both && (flags & barrier) != barrier;
    }
}
