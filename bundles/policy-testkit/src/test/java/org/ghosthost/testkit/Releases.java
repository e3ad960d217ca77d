package org.ghosthost.testkit;

import java.nio.ByteBuffer;
import java.util.Set;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.PerCpuPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
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

    /** A global FIFO that exports one long, 1 more than it has imported. */
    static PolicyRelease exporting(String name, String version, Probe.Record record) {
        return of(name, version, PolicyModel.GLOBAL, context -> new Probe(new Exporting(context), record));
    }

    static Policy fifo(PolicyModel model, PolicyContext context) {
        return model == PolicyModel.GLOBAL ? new GlobalFifo(context) : new PerCpuFifo(context);
    }

    static class GlobalFifo extends GlobalPolicy<Task> {
        private final FifoQueue<Task> queue = new FifoQueue<>();

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
        private final FifoQueue<Task> queue = new FifoQueue<>();

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
}
