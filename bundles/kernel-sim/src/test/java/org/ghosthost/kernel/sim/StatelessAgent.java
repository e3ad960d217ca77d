package org.ghosthost.kernel.sim;

import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.topology.CpuSet;

/**
 * Schedules by nothing but the status words, so that it can take over in any state: what is runnable and on no CPU is
 * put on a CPU on which nothing is, in turns.
 */
final class StatelessAgent implements AgentPass {
    private final SimEnclave e;
    private final Machine m;
    private final int cpu;
    private final int queue;
    private final CpuSet opened = new CpuSet();
    private final CpuSet free = new CpuSet();
    int word;
    private int barrier;
    private int messages;
    private int decisions;
    private int cursor;

    StatelessAgent(SimEnclave enclave, Machine machine, int cpu, int queue) {
        e = enclave;
        m = machine;
        this.cpu = cpu;
        this.queue = queue;
    }

    @Override
    public boolean mustBeAlone() {
        return false;
    }

    @Override
    public void decide(boolean alone) {
        opened.clear();
        decisions = 0;
        barrier = e.statusWords().barrier(word);
        messages = e.drain(queue, message -> {}, 65_536);
        StatusWords words = e.statusWords();
        free.copyFrom(e.cpus);
        if ((words.flags(word) & StatusWordLayout.FLAG_BOOSTED) != 0) {
            free.remove(cpu);
        }
        for (int i = 0; i < words.capacity(); i++) {
            int flags = words.flags(i);
            if ((flags & StatusWordLayout.FLAG_CAN_FREE) != 0) {
                e.freeStatusWord(i);
            } else if (words.isTask(i) && words.onCpu(i)) {
                free.remove(words.cpu(i));
            }
        }
        for (int n = 0; n < words.capacity() && !free.isEmpty(); n++) {
            int i = (cursor + n) % words.capacity();
            if (words.isTask(i) && words.runnable(i) && !words.onCpu(i)) {
                open(i);
                cursor = i + 1;
            }
        }
    }

    private void open(int i) {
        Task t = m.find(e.statusWords().gtid(i));
        for (int c = free.last(); c >= 0; c--) { // the own one last: whoever is there is put off by each pass
            if (free.contains(c) && t != null && t.allowedOn(c) && TransactionState.isResult(e.table.state(c))) {
                int flags = TransactionFlags.COMMIT_AT_TXN_COMMIT;
                e.table.open(c, t.gtid, e.statusWords().barrier(i), barrier, flags, 1_000_000, e.generation);
                opened.add(c);
                decisions++;
                free.remove(c);
                return;
            }
        }
    }

    @Override
    public int messages() {
        return messages;
    }

    @Override
    public int decisions() {
        return decisions;
    }

    @Override
    public void commit() {
        e.commit(cpu, opened);
    }

    @Override
    public long waitUntilNs() {
        return m.now + 50_000;
    }

    @Override
    public int barrier() {
        return barrier;
    }

    @Override
    public int waitFlags() {
        return 0;
    }

    @Override
    public boolean spins() {
        return false;
    }
}
