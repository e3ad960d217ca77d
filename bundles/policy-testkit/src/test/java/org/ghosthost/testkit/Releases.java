package org.ghosthost.testkit;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.PerCpuPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.jspecify.annotations.Nullable;

/** Releases of policies that need no bundle. */
final class Releases {
    private Releases() {}

    static PolicyRelease of(String name, String version, PolicyModel model, PolicyFactory factory, Feature... needs) {
        return new PolicyRelease(name, PolicyVersion.parse(version), model, Set.of(needs), factory, "the test");
    }

    /** First come, first served, by either model; a release of policy {@code name}. */
    static PolicyRelease fifo(String name, String version, PolicyModel model) {
        return fifo(name, version, model, new Probe.Record());
    }

    /** The same, with probes before its policies. */
    static PolicyRelease fifo(String name, String version, PolicyModel model, Probe.Record record) {
        return of(name, version, model, context -> new Probe(fifo(model, context), record));
    }

    /** First come, first served; the CPUs commit greedily, or when they schedule next, or at once, as chance has it. */
    static PolicyRelease unhurried(String name, String version, PolicyModel model) {
        return of(name, version, model, context -> new PerCpuOrGlobal(model, context) {
            @Override
            public void attached(Agent given) {
                super.attached(unhurried(given));
            }

            @Override
            public void lead(Agent given) {
                super.lead(unhurried(given));
            }

            @Override
            public long schedule(Agent given) {
                return super.schedule(unhurried(given));
            }
        });
    }

    private static Agent unhurried(Agent agent) {
        return new FlaggingAgent(agent, cpu -> switch (agent.random(3)) {
            case 0 -> TransactionFlags.COMMIT_AT_SCHEDULE;
            case 1 -> 0;
            default -> TransactionFlags.COMMIT_AT_TXN_COMMIT;
        });
    }

    /** A global FIFO that exports one long, 1 more than it has imported. */
    static PolicyRelease exporting(String name, String version, Probe.Record record) {
        return of(name, version, PolicyModel.GLOBAL, context -> new Probe(new Exporting(context), record));
    }

    static Policy fifo(PolicyModel model, PolicyContext context) {
        return model == PolicyModel.GLOBAL ? new GlobalFifo(context) : new PerCpuFifo(context);
    }

    static class GlobalFifo extends GlobalPolicy<Task> {
        private final FifoQueue<Task> queue = new FifoQueue<>(tasks);

        GlobalFifo(PolicyContext context) {
            super(context, Task::new);
        }

        @Override
        protected void enqueue(Task task) {
            queue.add(task);
        }

        @Override
        protected void dequeue(Task task) {
            queue.remove(task);
        }

        @Override
        protected @Nullable Task first() {
            return queue.first();
        }
    }

    static final class Exporting extends GlobalFifo {
        private long value;

        Exporting(PolicyContext context) {
            super(context);
        }

        @Override
        public int exportState(ByteBuffer out) {
            out.putLong(value + 1);
            return 1;
        }

        @Override
        public void importState(ByteBuffer in, int version) {
            value = version == 1 ? in.getLong() : -1;
        }
    }

    static final class PerCpuFifo extends PerCpuPolicy<Task> {
        private final FifoQueue<Task> queue = new FifoQueue<>(tasks);

        PerCpuFifo(PolicyContext context) {
            super(context, Task::new);
        }

        @Override
        protected void enqueue(Task task) {
            queue.add(task);
        }

        @Override
        protected void dequeue(Task task) {
            queue.remove(task);
        }

        @Override
        protected @Nullable Task first() {
            return queue.first();
        }
    }

    /** Either of the two, to be extended by a test; passes on every callback. */
    static class PerCpuOrGlobal implements Policy {
        private final Policy policy;
        private @Nullable Agent agent;

        PerCpuOrGlobal(PolicyModel model, PolicyContext context) {
            policy = fifo(model, context);
        }

        Agent agent() {
            return Objects.requireNonNull(agent);
        }

        @Override
        public void attached(Agent given) {
            agent = given;
            policy.attached(given);
        }

        @Override
        public void lead(Agent given) {
            policy.lead(given);
        }

        @Override
        public long schedule(Agent given) {
            return policy.schedule(given);
        }

        @Override
        public void discoveryComplete() {
            policy.discoveryComplete();
        }

        @Override
        public void committed(int cpu, long gtid, TransactionState state) {
            policy.committed(cpu, gtid, state);
        }

        @Override
        public void received(int fromCpu, long gtid, int statusWord, long word) {
            policy.received(fromCpu, gtid, statusWord, word);
        }

        @Override
        public void taskNew(Message message) {
            policy.taskNew(message);
        }

        @Override
        public void taskWakeup(Message message) {
            policy.taskWakeup(message);
        }

        @Override
        public void taskBlocked(Message message) {
            policy.taskBlocked(message);
        }

        @Override
        public void taskPreempted(Message message) {
            policy.taskPreempted(message);
        }

        @Override
        public void taskYield(Message message) {
            policy.taskYield(message);
        }

        @Override
        public void taskDead(Message message) {
            policy.taskDead(message);
        }

        @Override
        public void taskDeparted(Message message) {
            policy.taskDeparted(message);
        }

        @Override
        public void taskAffinityChanged(Message message) {
            policy.taskAffinityChanged(message);
        }

        @Override
        public void taskPriorityChanged(Message message) {
            policy.taskPriorityChanged(message);
        }
    }
}
