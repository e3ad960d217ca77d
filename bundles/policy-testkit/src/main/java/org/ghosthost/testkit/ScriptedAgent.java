package org.ghosthost.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** An agent of a {@link ScriptedMachine}. */
final class ScriptedAgent implements Agent {
    final CpuSet pending = new CpuSet();
    int moveGlobalTo = CpuSet.NO_CPU;

    private final ScriptedMachine machine;
    private final int cpu;
    private final List<Opened> opened = new ArrayList<>();
    private final Map<Integer, Deque<Letter>> mail = new TreeMap<>();

    record Opened(int cpu, long gtid, int barrier) {}

    private record Letter(int from, long gtid, int statusWord, long word) {}

    ScriptedAgent(ScriptedMachine machine, int cpu) {
        this.machine = machine;
        this.cpu = cpu;
    }

    void beginPass() {
        moveGlobalTo = CpuSet.NO_CPU;
    }

    List<Opened> takeOpened() {
        List<Opened> taken = List.copyOf(opened);
        opened.clear();
        return taken;
    }

    boolean hasMail() {
        return mail.values().stream().anyMatch(ring -> !ring.isEmpty());
    }

    void readMail(Policy policy) {
        for (Deque<Letter> ring : mail.values()) {
            while (!ring.isEmpty()) {
                Letter letter = ring.removeFirst();
                policy.received(letter.from, letter.gtid, letter.statusWord, letter.word);
            }
        }
    }

    private boolean put(int from, long gtid, int statusWord, long word) {
        Deque<Letter> ring = mail.computeIfAbsent(from, any -> new ArrayDeque<>());
        return ring.size() < machine.mailCapacity && ring.add(new Letter(from, gtid, statusWord, word));
    }

    @Override
    public int cpu() {
        return cpu;
    }

    @Override
    public long now() {
        return machine.kernel.nowNs;
    }

    @Override
    public boolean boosted() {
        return machine.boosted.contains(cpu);
    }

    @Override
    public CpuSet cpus() {
        return machine.cpus;
    }

    @Override
    public boolean available(int other) {
        return !machine.unavailable.contains(other);
    }

    @Override
    public boolean pending(int other) {
        return pending.contains(other);
    }

    @Override
    public StatusWords statusWords() {
        return machine.kernel.statusWords();
    }

    @Override
    public PolicyMemory policyMemory() {
        return machine.policyMemory;
    }

    @Override
    public boolean affinity(long gtid, CpuSet cpus) {
        ScriptedTask task = machine.kernel.find(gtid);
        if (task == null || task.gone) {
            return false;
        }
        cpus.copyFrom(task.affinity);
        return true;
    }

    @Override
    public void run(int target, long gtid, int taskBarrier, int flags, long sliceNs) {
        if (!machine.cpus.contains(target)) {
            throw new IllegalArgumentException("CPU " + target + " is not of the enclave: " + machine.cpus);
        }
        if (pending.contains(target) || opened.stream().anyMatch(other -> other.cpu == target)) {
            throw new IllegalStateException("CPU " + target + " has a decision already");
        }
        opened.add(new Opened(target, gtid, taskBarrier));
    }

    @Override
    public void ping(int target) {}

    @Override
    public boolean abort(int target) {
        return false;
    }

    @Override
    public void beginSyncGroup() {
        throw new UnsupportedOperationException("sync groups are not scripted");
    }

    @Override
    public void endSyncGroup() {
        throw new UnsupportedOperationException("sync groups are not scripted");
    }

    @Override
    public int associate(long gtid, int statusWord, int target, int taskBarrier) {
        ScriptedTask task = machine.kernel.find(gtid);
        if (task == null || task.gone) {
            return NOT_FOUND;
        }
        if (machine.kernel.statusWords().barrier(statusWord) != taskBarrier) {
            return STALE;
        }
        boolean already = task.queueCpu == target;
        task.queueCpu = target;
        return already ? ALREADY : ASSOCIATED;
    }

    @Override
    public boolean send(int target, long gtid, int statusWord, long word) {
        return machine.loop(target).put(cpu, gtid, statusWord, word);
    }

    @Override
    public void moveGlobalTo(int target) {
        moveGlobalTo = target;
    }

    @Override
    public void armTimer(int target, long atNs, long type, long cookie) {
        throw new UnsupportedOperationException("timers are not scripted");
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return machine.prioTables.get(tgid);
    }

    @Override
    public int random(int bound) {
        return 0;
    }
}
