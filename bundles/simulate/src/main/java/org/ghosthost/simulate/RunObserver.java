package org.ghosthost.simulate;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.ghosthost.kernel.sim.MachineObserver;
import org.ghosthost.metrics.PerfettoTrace;
import org.ghosthost.metrics.RunRecorder;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/**
 * Hands what the machine tells to the recorder and the trace, in times of the workload: its start is 0. What happens
 * before the start, while the first policy comes in, is counted and not shown.
 */
final class RunObserver implements MachineObserver {
    private static final TransactionState[] STATES = TransactionState.values();
    private static final int MIN_CODE = TransactionState.COMPLETE.code();

    private final RunRecorder recorder;
    private final @Nullable PerfettoTrace trace;
    private final Supplier<String> leader;
    private final long[] transactions = new long[STATES.length];
    private final BitSet agents = new BitSet();
    private long startNs = -1;
    private long messages;
    private long decided;
    private int created;
    private int exited;
    private int phases = 1;
    private String led;

    /** Observes from the first policy on; {@code leader} names who leads now. */
    RunObserver(String firstLeader, Supplier<String> leader, @Nullable PerfettoTrace trace) {
        this.recorder = new RunRecorder(firstLeader);
        this.led = firstLeader;
        this.leader = leader;
        this.trace = trace;
    }

    /** The workload starts now. */
    void start(long nowNs) {
        startNs = nowNs;
        if (trace != null) {
            agents.stream().forEach(cpu -> trace.agentOnCpu(cpu, 0));
        }
    }

    RunRecorder recorder() {
        return recorder;
    }

    long messages() {
        return messages;
    }

    /** Transactions decided. */
    long decided() {
        return decided;
    }

    /** Whether there were tasks and all have exited. */
    boolean allExited() {
        return created > 0 && created == exited;
    }

    Map<TransactionState, Long> transactions() {
        Map<TransactionState, Long> counts = new EnumMap<>(TransactionState.class);
        for (int i = 0; i < STATES.length; i++) {
            counts.put(STATES[i], transactions[i]);
        }
        return counts;
    }

    @Override
    public void taskCreated(int task, long gtid, int tgid, String name, long now) {
        created++;
        recorder.taskCreated(task, name);
        if (trace != null) {
            trace.taskCreated(task, name, now - startNs);
        }
    }

    @Override
    public void taskExited(int task, long now) {
        exited++;
        recorder.taskExited(task, now - startNs);
        if (trace != null) {
            trace.taskExited(task, now - startNs);
        }
    }

    @Override
    public void wakeup(int task, int wakerCpu, long now) {
        recorder.runnable(task, now - startNs);
        if (trace != null) {
            trace.runnable(task, now - startNs);
        }
    }

    @Override
    public void onCpu(int task, int cpu, long now) {
        recorder.onCpu(task, cpu, now - startNs);
        if (trace != null) {
            trace.onCpu(task, cpu, now - startNs);
        }
    }

    @Override
    public void offCpu(int task, int cpu, int reason, long now) {
        boolean waits = reason == YIELDED || reason == PREEMPTED;
        recorder.offCpu(task, waits, now - startNs);
        if (trace != null) {
            trace.offCpu(task, cpu, waits, now - startNs);
        }
    }

    @Override
    public void agentOnCpu(int enclave, int cpu, long now) {
        if (startNs < 0) {
            agents.set(cpu);
        } else if (trace != null) {
            trace.agentOnCpu(cpu, now - startNs);
        }
    }

    @Override
    public void agentOffCpu(int enclave, int cpu, long now) {
        if (startNs < 0) {
            agents.clear(cpu);
        } else if (trace != null) {
            trace.agentOffCpu(cpu, now - startNs);
        }
    }

    @Override
    public void message(int enclave, int queue, int type, int task, int cpu, int seqnum, boolean fitted, long now) {
        messages++;
    }

    @Override
    public void transaction(int enclave, int cpu, int task, long gtid, int state, long now) {
        transactions[state - MIN_CODE]++;
        decided++;
    }

    @Override
    public void jobStart(int task, long releasedNs, long deadlineNs, long now) {
        recorder.jobStart(task, releasedNs - startNs, relative(deadlineNs), now - startNs);
    }

    @Override
    public void jobEnd(int task, long releasedNs, long deadlineNs, boolean missed, long now) {
        recorder.jobEnd(task, now - startNs);
        if (missed && trace != null) {
            trace.deadlineMissed(task, now - startNs);
        }
    }

    @Override
    public void generation(int enclave, int generation, long now) {
        if (startNs < 0) {
            return;
        }
        String leads = leader.get();
        if (phases < RunRecorder.MAX_PHASES) {
            phases++;
            recorder.phase(leads, now - startNs);
        }
        if (trace != null) {
            trace.roll(leads + " leads", led, leads, now - startNs);
        }
        led = leads;
    }

    private long relative(long timeNs) {
        return timeNs == Long.MAX_VALUE ? timeNs : timeNs - startNs;
    }
}
