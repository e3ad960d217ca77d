package org.ghosthost.testkit;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_ON_CPU;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_RUNNABLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** The kernel side of a {@link ScriptedMachine}: tasks, status words, queues, and which task is on which CPU. */
final class ScriptedKernel {
    static final int MAX_TASKS = 256;

    final CpuSet cpus;
    long nowNs = 1_000_000;
    int tgid;

    private final MemorySegment words = Arena.ofAuto().allocate((long) MAX_TASKS * StatusWordLayout.SIZE, 64);
    private final StatusWords statusWords = new StatusWords(words);
    private final Map<String, ScriptedTask> tasks = new TreeMap<>();
    private final Map<Integer, Deque<MemorySegment>> queues = new TreeMap<>();
    private final Map<Integer, ScriptedTask> current = new TreeMap<>();
    private final Map<Integer, Deque<TransactionState>> refusals = new HashMap<>();
    private int entered;

    ScriptedKernel(CpuSet cpus) {
        this.cpus = cpus;
        cpus.forEach(cpu -> queues.put(cpu, new ArrayDeque<>()));
    }

    // ---- tasks

    StatusWords statusWords() {
        return statusWords;
    }

    ScriptedTask add(String name) {
        ScriptedTask task = new ScriptedTask(this, name, Gtid.of(1000 + entered, 1), freeWord());
        entered++;
        task.queueCpu = cpus.first();
        words.asSlice((long) task.statusWord * StatusWordLayout.SIZE, StatusWordLayout.SIZE).fill((byte) 0);
        set(task, StatusWordLayout.GTID, task.gtid);
        set(task, StatusWordLayout.CPU, -1);
        set(task, StatusWordLayout.TGID, tgid > 0 ? tgid : Gtid.pid(task.gtid));
        tasks.put(name, task);
        return task;
    }

    private int freeWord() {
        for (int word = 0; word < MAX_TASKS; word++) {
            if (statusWords.flags(word) == 0) {
                return word;
            }
        }
        throw new IllegalStateException("more than " + MAX_TASKS + " tasks");
    }

    Collection<ScriptedTask> tasks() {
        return tasks.values();
    }

    void freeWord(int statusWord) {
        words.asSlice((long) statusWord * StatusWordLayout.SIZE, StatusWordLayout.SIZE).fill((byte) 0);
    }

    // ---- commits

    void refuse(int cpu, TransactionState state) {
        refusals.computeIfAbsent(cpu, any -> new ArrayDeque<>()).add(state);
    }

    TransactionState decide(ScriptedAgent.Opened opened, @Nullable ScriptedTask task) {
        if (opened.gtid() > 0) {
            if (task == null || task.gone) {
                return TransactionState.TARGET_NOT_FOUND;
            }
            if (statusWords.barrier(task.statusWord) != opened.barrier()) {
                return TransactionState.TARGET_STALE;
            }
            if (!task.runnable) {
                return TransactionState.TARGET_NOT_RUNNABLE;
            }
            if (statusWords.onCpu(task.statusWord)) {
                return TransactionState.TARGET_ONCPU;
            }
            if (!task.affinity.contains(opened.cpu())) {
                return TransactionState.INVALID_CPU;
            }
        }
        Deque<TransactionState> refused = refusals.get(opened.cpu());
        return refused == null || refused.isEmpty() ? TransactionState.COMPLETE : refused.removeFirst();
    }

    void preemptAt(int cpu) {
        ScriptedTask before = current.get(cpu);
        if (before != null) {
            before.losesCpu();
        }
    }

    // ---- messages

    void send(ScriptedTask task, int type, int flags, int cpu) {
        int barrier = statusWords.barrier(task.statusWord) + 1;
        set(task, StatusWordLayout.BARRIER, barrier);
        setFlag(task, FLAG_IN_USE, true);
        setFlag(task, FLAG_RUNNABLE, task.runnable);
        words.set(JAVA_LONG, at(task, StatusWordLayout.RUNTIME), task.runtimeNs);
        queue(task.queueCpu).add(record(task, type, flags, barrier, cpu));
    }

    /** A NEW that says how the task is at this moment. */
    MemorySegment discover(ScriptedTask task) {
        int flags = (task.runnable ? MessageLayout.FLAG_RUNNABLE : 0)
                | (statusWords.onCpu(task.statusWord) ? MessageLayout.FLAG_ON_CPU : 0);
        int barrier = statusWords.barrier(task.statusWord);
        return record(task, MessageType.TASK_NEW, flags, barrier, statusWords.cpu(task.statusWord));
    }

    private static MemorySegment record(ScriptedTask task, int type, int flags, int seqnum, int cpu) {
        MemorySegment record = Arena.ofAuto().allocate(MessageLayout.SIZE, MessageLayout.SIZE);
        record.set(JAVA_SHORT, MessageLayout.TYPE, (short) type);
        record.set(JAVA_SHORT, MessageLayout.FLAGS, (short) flags);
        record.set(JAVA_INT, MessageLayout.SEQNUM, seqnum);
        record.set(JAVA_LONG, MessageLayout.GTID, task.gtid);
        record.set(JAVA_INT, MessageLayout.CPU, cpu);
        record.set(JAVA_INT, MessageLayout.STATUS_WORD, task.statusWord);
        record.set(JAVA_LONG, MessageLayout.RUNTIME, task.runtimeNs);
        return record;
    }

    Deque<MemorySegment> queue(int cpu) {
        Deque<MemorySegment> queue = queues.get(cpu);
        if (queue == null) {
            throw new IllegalArgumentException("CPU " + cpu + " is not of the enclave: " + cpus);
        }
        return queue;
    }

    // ---- state

    @Nullable ScriptedTask find(long gtid) {
        for (ScriptedTask task : tasks.values()) {
            if (task.gtid == gtid) {
                return task;
            }
        }
        return null;
    }

    void switchTo(ScriptedTask task, int cpu) {
        task.cpu = cpu;
        task.lastCpu = cpu;
        current.put(cpu, task);
        set(task, StatusWordLayout.CPU, cpu);
        words.set(JAVA_LONG, at(task, StatusWordLayout.SWITCH_TIME), nowNs);
        setFlag(task, FLAG_ON_CPU, true);
    }

    void leave(ScriptedTask task) {
        current.remove(task.cpu);
        task.cpu = CpuSet.NO_CPU;
        setFlag(task, FLAG_ON_CPU, false);
    }

    void check(boolean possible, ScriptedTask task, String what) {
        if (!possible) {
            throw new AssertionError(what + ", which is impossible now: " + task + ", running " + running());
        }
    }

    void setFlag(ScriptedTask task, int flag, boolean is) {
        int flags = statusWords.flags(task.statusWord);
        set(task, StatusWordLayout.FLAGS, is ? flags | flag : flags & ~flag);
    }

    private void set(ScriptedTask task, int field, int value) {
        words.set(JAVA_INT, at(task, field), value);
    }

    private void set(ScriptedTask task, int field, long value) {
        words.set(JAVA_LONG, at(task, field), value);
    }

    private static long at(ScriptedTask task, int field) {
        return (long) task.statusWord * StatusWordLayout.SIZE + field;
    }

    static String text(Map<Integer, ScriptedTask> byCpu) {
        StringBuilder text = new StringBuilder();
        byCpu.forEach((cpu, task) -> text.append(text.isEmpty() ? "" : " ").append(cpu).append('=').append(task));
        return text.toString();
    }

    String running() {
        return text(current);
    }
}
