package org.ghosthost.testkit;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionState;

/** Stands before a policy: counts what it is called for, and throws where the test wants it to. */
final class Probe implements Policy {
    /** Whether the role of a policy matters. */
    enum When {
        ALWAYS, BEFORE_IT_LEADS, ONCE_IT_HAS_LED
    }

    /** What the probes of one release have seen, and when they are to throw. */
    static final class Record {
        final Map<String, Integer> calls = new TreeMap<>();
        private String throwsIn = "";
        private When when = When.ALWAYS;
        private RuntimeException what = new IllegalStateException("planted");
        private boolean thrown;

        int count(String callback) {
            return calls.getOrDefault(callback, 0);
        }

        /** From now on the next call of this callback throws, once. */
        void throwIn(String callback, When condition) {
            throwsIn = callback;
            when = condition;
            thrown = false;
        }

        void throwIn(String callback, When condition, RuntimeException exception) {
            throwIn(callback, condition);
            what = exception;
        }

        private boolean throwsNow(String callback, boolean hasLed) {
            return !thrown && throwsIn.equals(callback)
                    && (when == When.ALWAYS || hasLed == (when == When.ONCE_IT_HAS_LED));
        }

        boolean thrown() {
            return thrown;
        }
    }

    private final Policy policy;
    private final Record record;
    private boolean hasLed;

    Probe(Policy policy, Record record) {
        this.policy = policy;
        this.record = record;
    }

    private void called(String callback) {
        record.calls.merge(callback, 1, Integer::sum);
        if (record.throwsNow(callback, hasLed)) {
            record.thrown = true;
            throw record.what;
        }
    }

    @Override
    public void taskNew(Message message) {
        called("taskNew");
        policy.taskNew(message);
    }

    @Override
    public void taskWakeup(Message message) {
        called("taskWakeup");
        policy.taskWakeup(message);
    }

    @Override
    public void taskBlocked(Message message) {
        called("taskBlocked");
        policy.taskBlocked(message);
    }

    @Override
    public void taskPreempted(Message message) {
        called("taskPreempted");
        policy.taskPreempted(message);
    }

    @Override
    public void taskYield(Message message) {
        called("taskYield");
        policy.taskYield(message);
    }

    @Override
    public void taskDead(Message message) {
        called("taskDead");
        policy.taskDead(message);
    }

    @Override
    public void taskDeparted(Message message) {
        called("taskDeparted");
        policy.taskDeparted(message);
    }

    @Override
    public void taskSwitchto(Message message) {
        called("taskSwitchto");
        policy.taskSwitchto(message);
    }

    @Override
    public void taskAffinityChanged(Message message) {
        called("taskAffinityChanged");
        policy.taskAffinityChanged(message);
    }

    @Override
    public void taskPriorityChanged(Message message) {
        called("taskPriorityChanged");
        policy.taskPriorityChanged(message);
    }

    @Override
    public void taskOnCpu(Message message) {
        called("taskOnCpu");
        policy.taskOnCpu(message);
    }

    @Override
    public void taskLatchFailure(Message message) {
        called("taskLatchFailure");
        policy.taskLatchFailure(message);
    }

    @Override
    public void cpuTick(Message message) {
        called("cpuTick");
        policy.cpuTick(message);
    }

    @Override
    public void cpuNotIdle(Message message) {
        called("cpuNotIdle");
        policy.cpuNotIdle(message);
    }

    @Override
    public void timerExpired(Message message) {
        called("timerExpired");
        policy.timerExpired(message);
    }

    @Override
    public void cpuAvailable(Message message) {
        called("cpuAvailable");
        policy.cpuAvailable(message);
    }

    @Override
    public void cpuBusy(Message message) {
        called("cpuBusy");
        policy.cpuBusy(message);
    }

    @Override
    public void agentBlocked(Message message) {
        called("agentBlocked");
        policy.agentBlocked(message);
    }

    @Override
    public void agentWakeup(Message message) {
        called("agentWakeup");
        policy.agentWakeup(message);
    }

    @Override
    public void received(int fromCpu, long gtid, int statusWord, long word) {
        called("received");
        policy.received(fromCpu, gtid, statusWord, word);
    }

    @Override
    public void attached(Agent agent) {
        called("attached");
        policy.attached(agent);
    }

    @Override
    public void discoveryComplete() {
        called("discoveryComplete");
        policy.discoveryComplete();
    }

    @Override
    public void lead(Agent agent) {
        hasLed = true;
        called("lead");
        policy.lead(agent);
    }

    @Override
    public long schedule(Agent agent) {
        called("schedule");
        return policy.schedule(agent);
    }

    @Override
    public void committed(int cpu, long gtid, TransactionState state) {
        called("committed");
        policy.committed(cpu, gtid, state);
    }

    @Override
    public int exportState(ByteBuffer out) {
        called("exportState");
        return policy.exportState(out);
    }

    @Override
    public void importState(ByteBuffer in, int version) {
        called("importState");
        policy.importState(in, version);
    }

    @Override
    public void dump(StringBuilder out) {
        called("dump");
        policy.dump(out);
    }
}
