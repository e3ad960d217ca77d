package org.ghosthost.testkit;

import java.util.function.IntUnaryOperator;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** An agent whose decisions get other flags than the policy gave them. */
record FlaggingAgent(Agent agent, IntUnaryOperator flagsOfCpu) implements Agent {
    @Override
    public void run(int cpu, long gtid, int taskBarrier, int flags, long sliceNs) {
        agent.run(cpu, gtid, taskBarrier, flagsOfCpu.applyAsInt(cpu), sliceNs);
    }

    @Override
    public int cpu() {
        return agent.cpu();
    }

    @Override
    public long now() {
        return agent.now();
    }

    @Override
    public boolean boosted() {
        return agent.boosted();
    }

    @Override
    public CpuSet cpus() {
        return agent.cpus();
    }

    @Override
    public boolean available(int cpu) {
        return agent.available(cpu);
    }

    @Override
    public boolean pending(int cpu) {
        return agent.pending(cpu);
    }

    @Override
    public StatusWords statusWords() {
        return agent.statusWords();
    }

    @Override
    public PolicyMemory policyMemory() {
        return agent.policyMemory();
    }

    @Override
    public boolean affinity(long gtid, CpuSet cpus) {
        return agent.affinity(gtid, cpus);
    }

    @Override
    public void ping(int cpu) {
        agent.ping(cpu);
    }

    @Override
    public boolean abort(int cpu) {
        return agent.abort(cpu);
    }

    @Override
    public void beginSyncGroup() {
        agent.beginSyncGroup();
    }

    @Override
    public void endSyncGroup() {
        agent.endSyncGroup();
    }

    @Override
    public int associate(long gtid, int statusWord, int cpu, int taskBarrier) {
        return agent.associate(gtid, statusWord, cpu, taskBarrier);
    }

    @Override
    public boolean send(int cpu, long gtid, int statusWord, long word) {
        return agent.send(cpu, gtid, statusWord, word);
    }

    @Override
    public void moveGlobalTo(int cpu) {
        agent.moveGlobalTo(cpu);
    }

    @Override
    public void armTimer(int cpu, long atNs, long type, long cookie) {
        agent.armTimer(cpu, atNs, type, cookie);
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return agent.prioTable(tgid);
    }

    @Override
    public int random(int bound) {
        return agent.random(bound);
    }
}
