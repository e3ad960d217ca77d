package org.ghosthost.kernel.sim;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;

/** The simplest policy that schedules everything: one spinning agent, first come first served. For tests. */
final class FifoAgent {
    final ScriptedAgent agent;
    private final KernelEnclave enclave;
    private final ArrayDeque<Long> runnable = new ArrayDeque<>();
    private final Map<Long, Integer> barriers = new HashMap<>();
    private final Map<Integer, Long> running = new HashMap<>();
    private int read;

    private FifoAgent(KernelEnclave enclave, int cpu) {
        this.enclave = enclave;
        agent = ScriptedAgent.attach(enclave, cpu, true);
        agent.script = a -> decide();
        agent.after = a -> outcomes();
    }

    /** A spinning agent on {@code cpu}, satellites that sleep on the others, and the default queue. */
    static FifoAgent attach(KernelEnclave enclave, int cpu) {
        FifoAgent fifo = new FifoAgent(enclave, cpu);
        try {
            enclave.setDefaultQueue(fifo.agent.queue);
        } catch (org.ghosthost.enclave.kernel.KernelException e) {
            throw new AssertionError(e);
        }
        enclave.cpus().forEach(other -> {
            if (other != cpu) {
                ScriptedAgent.attach(enclave, other, false);
            }
        });
        return fifo;
    }

    private void decide() {
        for (; read < agent.seen.size(); read++) {
            handle(agent.seen.get(read));
        }
        for (int cpu = enclave.cpus().first(); cpu >= 0; cpu = enclave.cpus().next(cpu + 1)) {
            if (cpu != agent.cpu && !running.containsKey(cpu) && !runnable.isEmpty()) {
                long gtid = runnable.poll();
                running.put(cpu, gtid);
                agent.open(cpu, gtid, barriers.get(gtid), TransactionFlags.COMMIT_AT_TXN_COMMIT);
            }
        }
    }

    private void outcomes() {
        for (int cpu : running.keySet().stream().mapToInt(i -> i).sorted().toArray()) {
            long gtid = running.get(cpu);
            if (enclave.transactions().gtid(cpu) == gtid && agent.outcome(cpu) != TransactionState.COMPLETE) {
                running.remove(cpu);
                if (barriers.containsKey(gtid)) {
                    runnable.addFirst(gtid);
                }
                agent.waitUntil = 0;
            }
        }
    }

    private void handle(ScriptedAgent.Seen m) {
        agent.waitUntil = org.ghosthost.policy.Policy.UNTIL_MESSAGE;
        if (!MessageType.isTask(m.type())) {
            return;
        }
        barriers.put(m.gtid(), m.seqnum());
        switch (m.type()) {
            case MessageType.TASK_NEW -> {
                if (m.runnable()) {
                    runnable.add(m.gtid());
                }
            }
            case MessageType.TASK_WAKEUP -> runnable.add(m.gtid());
            case MessageType.TASK_BLOCKED -> off(m.gtid());
            case MessageType.TASK_YIELD, MessageType.TASK_PREEMPT -> {
                off(m.gtid());
                runnable.add(m.gtid());
            }
            case MessageType.TASK_DEAD, MessageType.TASK_DEPARTED -> {
                off(m.gtid());
                runnable.remove(m.gtid());
                barriers.remove(m.gtid());
                enclave.freeStatusWord(m.statusWord());
            }
            default -> {
                // nothing
            }
        }
    }

    private void off(long gtid) {
        running.values().removeIf(g -> g == gtid);
        runnable.remove(gtid);
    }
}
