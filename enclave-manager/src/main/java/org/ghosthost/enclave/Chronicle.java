package org.ghosthost.enclave;

import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionState;

/**
 * The last thing that happened to each task, and the last decisions for each CPU: enough to say afterwards why a task
 * does not run. Each agent writes of its own tasks and decisions; a command reads while no agent is in a pass.
 */
final class Chronicle {
    // By status word.
    private final short[] types;
    private final short[] cpus;
    private final long[] timesNs;

    // By CPU: the last decision that held, and the last one that did not.
    private final Decision[] held;
    private final Decision[] refused;

    /** One decision; changes in place. */
    static final class Decision {
        private long gtid;
        private long timeNs;
        private int generation;
        private TransactionState state = TransactionState.COMPLETE;

        long gtid() {
            return gtid;
        }

        long timeNs() {
            return timeNs;
        }

        /** Generation that decided; 0 = there was no decision. */
        int generation() {
            return generation;
        }

        TransactionState state() {
            return state;
        }
    }

    Chronicle(int statusWords, int possibleCpus) {
        types = new short[statusWords];
        cpus = new short[statusWords];
        timesNs = new long[statusWords];
        held = decisions(possibleCpus);
        refused = decisions(possibleCpus);
    }

    private static Decision[] decisions(int count) {
        Decision[] made = new Decision[count];
        for (int i = 0; i < count; i++) {
            made[i] = new Decision();
        }
        return made;
    }

    void message(Message message) {
        int type = message.type();
        if (MessageType.isTask(type)) {
            int word = message.statusWord();
            types[word] = (short) type;
            cpus[word] = (short) message.cpu();
            timesNs[word] = message.timeNs();
        }
    }

    void decided(int cpu, long gtid, TransactionState state, int generation, long timeNs) {
        Decision decision = state.succeeded() ? held[cpu] : refused[cpu];
        decision.gtid = gtid;
        decision.timeNs = timeNs;
        decision.generation = generation;
        decision.state = state;
    }

    /** Type of the last message of the task; {@code NOP} if none was seen. */
    int type(int word) {
        return types[word];
    }

    /** CPU in the last message of the task. */
    int cpu(int word) {
        return cpus[word];
    }

    /** When the last message of the task was made, ns. */
    long timeNs(int word) {
        return timesNs[word];
    }

    /** The last decision for the CPU that held. */
    Decision held(int cpu) {
        return held[cpu];
    }

    /** The last decision for the CPU that did not hold. */
    Decision refused(int cpu) {
        return refused[cpu];
    }
}
