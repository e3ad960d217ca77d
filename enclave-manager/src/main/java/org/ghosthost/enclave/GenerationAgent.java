package org.ghosthost.enclave;

import org.ghosthost.policy.Agent;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * An agent as one generation has it in hand: whole while the generation leads; before and after it answers questions
 * and refuses decisions, so that a policy which follows, or was put out, cannot act in the leader's name.
 */
final class GenerationAgent implements Agent {
    private final PolicyAgent agent;
    private final Generation generation;
    private final PolicyMemory memory;

    GenerationAgent(PolicyAgent agent, Generation generation, PolicyMemory memory) {
        this.agent = agent;
        this.generation = generation;
        this.memory = memory;
    }

    private PolicyAgent deciding() {
        if (!generation.leads()) {
            throw new IllegalStateException(generation.release().id() + " does not lead and cannot decide");
        }
        return agent;
    }

    // ---- questions

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
        return memory;
    }

    @Override
    public boolean affinity(long gtid, CpuSet cpus) {
        return agent.affinity(gtid, cpus);
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return agent.prioTable(tgid);
    }

    @Override
    public int random(int bound) {
        return generation.nextRandom(agent.cpu(), bound);
    }

    // ---- decisions

    @Override
    public void run(int cpu, long gtid, int taskBarrier, int flags, long sliceNs) {
        deciding().run(cpu, gtid, taskBarrier, flags, sliceNs);
    }

    @Override
    public void ping(int cpu) {
        deciding().ping(cpu);
    }

    @Override
    public boolean abort(int cpu) {
        return deciding().abort(cpu);
    }

    @Override
    public void beginSyncGroup() {
        deciding().beginSyncGroup();
    }

    @Override
    public void endSyncGroup() {
        deciding().endSyncGroup();
    }

    @Override
    public int associate(long gtid, int statusWord, int cpu, int taskBarrier) {
        return deciding().associate(gtid, statusWord, cpu, taskBarrier);
    }

    @Override
    public boolean send(int cpu, long gtid, int statusWord, long word) {
        return deciding().send(cpu, gtid, statusWord, word);
    }

    @Override
    public void moveGlobalTo(int cpu) {
        deciding().moveGlobalTo(cpu);
    }

    @Override
    public void armTimer(int cpu, long atNs, long type, long cookie) {
        deciding().armTimer(cpu, atNs, type, cookie);
    }
}
