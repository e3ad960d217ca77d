package org.ghosthost.testkit;

import static org.ghosthost.policy.abi.MessageLayout.FLAG_DEFERRABLE;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_FROM_SWITCHTO;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_RUNNABLE;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_CURRENT;
import static org.ghosthost.policy.abi.MessageLayout.FLAG_WAS_LATCHED;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;

import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.topology.CpuSet;

/** A task of a {@link ScriptedMachine}. Each step produces its message, as a kernel would. */
public final class ScriptedTask {
    final ScriptedKernel kernel;
    final String name;
    final long gtid;
    final int statusWord;
    int cpu = CpuSet.NO_CPU;
    int queueCpu;
    int lastCpu = CpuSet.NO_CPU;
    boolean runnable;
    boolean gone;
    long runtimeNs;
    CpuSet affinity = CpuSet.range(0, CpuSet.MAX_CPUS - 1);

    ScriptedTask(ScriptedKernel kernel, String name, long gtid, int statusWord) {
        this.kernel = kernel;
        this.name = name;
        this.gtid = gtid;
        this.statusWord = statusWord;
    }

    /** The task's id. */
    public long gtid() {
        return gtid;
    }

    /** CPU that it is on; -1 if none. */
    public int cpu() {
        return cpu;
    }

    void enter(boolean canRun) {
        runnable = canRun;
        kernel.send(this, MessageType.TASK_NEW, canRun ? FLAG_RUNNABLE : 0, CpuSet.NO_CPU);
    }

    /** It is woken by somebody who waits for it. */
    public ScriptedTask wakes() {
        return wakes(0);
    }

    /** It is woken by somebody who does not care when it runs. */
    public ScriptedTask wakesDeferrable() {
        return wakes(FLAG_DEFERRABLE);
    }

    private ScriptedTask wakes(int flags) {
        kernel.check(!runnable && !gone, this, "wakes up");
        runnable = true;
        kernel.send(this, MessageType.TASK_WAKEUP, flags, lastCpu);
        return this;
    }

    /** It goes to sleep, after having used its CPU for that long. */
    public ScriptedTask blocks(long ranNs) {
        int from = stop(ranNs, "blocks");
        runnable = false;
        kernel.send(this, MessageType.TASK_BLOCKED, 0, from);
        return this;
    }

    /** It goes to sleep. */
    public ScriptedTask blocks() {
        return blocks(0);
    }

    /** It calls sched_yield. */
    public ScriptedTask yields() {
        kernel.send(this, MessageType.TASK_YIELD, 0, stop(0, "yields"));
        return this;
    }

    /** It loses its CPU, after having used it for that long. */
    public ScriptedTask losesCpu(long ranNs) {
        kernel.send(this, MessageType.TASK_PREEMPT, 0, stop(ranNs, "is preempted"));
        return this;
    }

    /** It loses its CPU. */
    public ScriptedTask losesCpu() {
        return losesCpu(0);
    }

    /** It loses its latch before it ran. */
    public ScriptedTask losesLatch() {
        kernel.send(this, MessageType.TASK_PREEMPT, FLAG_WAS_LATCHED, stop(0, "loses its latch"));
        return this;
    }

    /** It hands its CPU to others, without telling who. */
    public ScriptedTask switches() {
        int from = stop(0, "switches");
        runnable = false;
        kernel.send(this, MessageType.TASK_SWITCHTO, 0, from);
        return this;
    }

    /** It blocks as the last of a chain that had {@code chainCpu}. */
    public ScriptedTask blocksAtEndOfChain(int chainCpu) {
        runnable = false;
        kernel.send(this, MessageType.TASK_BLOCKED, FLAG_FROM_SWITCHTO, chainCpu);
        return this;
    }

    /** It loses the CPU as the last of a chain that had {@code chainCpu}. */
    public ScriptedTask losesCpuAtEndOfChain(int chainCpu) {
        runnable = true;
        kernel.send(this, MessageType.TASK_PREEMPT, FLAG_FROM_SWITCHTO, chainCpu);
        return this;
    }

    /** It may run on these CPUs only; told when it changes. */
    public ScriptedTask isRestricted(int... cpus) {
        affinity = CpuSet.of(cpus);
        kernel.send(this, MessageType.TASK_AFFINITY_CHANGED, 0, cpu);
        return this;
    }

    /** It may run on these CPUs only, and was so before it entered: nothing tells it. */
    public ScriptedTask affinityWithoutNews(int... cpus) {
        affinity = CpuSet.of(cpus);
        return this;
    }

    /** It can, or cannot, run, and no message tells it. */
    public ScriptedTask runnable(boolean can) {
        runnable = can;
        return this;
    }

    /** Its nice value changes: news of it, but nothing that concerns where it runs. */
    public ScriptedTask isReniced() {
        kernel.send(this, MessageType.TASK_PRIORITY_CHANGED, 0, cpu);
        return this;
    }

    /** It leaves the enclave alive. */
    public ScriptedTask departs() {
        boolean wasCurrent = cpu >= 0;
        int from = wasCurrent ? stop(0, "departs") : CpuSet.NO_CPU;
        end(MessageType.TASK_DEPARTED, wasCurrent ? FLAG_WAS_CURRENT : 0, from);
        return this;
    }

    /** It exits. */
    public ScriptedTask dies() {
        if (cpu >= 0) {
            blocks();
        }
        end(MessageType.TASK_DEAD, 0, lastCpu);
        return this;
    }

    private void end(int type, int flags, int from) {
        gone = true;
        runnable = false;
        kernel.setFlag(this, FLAG_CAN_FREE, true);
        kernel.send(this, type, flags, from);
    }

    /** It has not left its CPU for good yet, though its message says that it stopped. */
    public ScriptedTask isStillOnCpu(boolean still) {
        kernel.setFlag(this, FLAG_ON_CPU, still);
        return this;
    }

    /** It runs on {@code onCpu}, though nobody decided so, and without a message. */
    public ScriptedTask isRunBySomebodyElse(int onCpu) {
        kernel.check(runnable && cpu < 0, this, "runs");
        kernel.switchTo(this, onCpu);
        return this;
    }

    /** A message that no sound kernel would send now, as if the one before it had been lost. */
    public ScriptedTask claims(int type, boolean canRun) {
        runnable = canRun;
        if (cpu >= 0) {
            kernel.leave(this);
        }
        kernel.send(this, type, canRun && type == MessageType.TASK_NEW ? FLAG_RUNNABLE : 0, lastCpu);
        return this;
    }

    private int stop(long ranNs, String what) {
        kernel.check(cpu >= 0, this, what);
        int from = cpu;
        runtimeNs += ranNs;
        kernel.leave(this);
        return from;
    }

    @Override
    public String toString() {
        return name;
    }
}
