package org.ghosthost.simulate;

import java.nio.file.Path;
import java.util.Set;
import org.ghosthost.agent.FifoQueue;
import org.ghosthost.agent.GlobalPolicy;
import org.ghosthost.agent.Task;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.PolicyLoader;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policy.Agent;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;

/** Policies that need no bundle: {@code fifo-VERSION.jar}, {@code throws-VERSION.jar}, {@code picky-VERSION.jar}. */
final class TestPolicies implements PolicyLoader {

    @Override
    public PolicyRelease load(String jar, Path directory) throws EnclaveException {
        String name = jar.replaceFirst("-[0-9.]+\\.jar$", "");
        String version = jar.substring(name.length() + 1, jar.length() - ".jar".length());
        return switch (name) {
            case "fifo" -> release(version, Set.of(), context -> new Fifo(context, Integer.MAX_VALUE));
            case "throws" -> release(version, Set.of(), context -> new Fifo(context, 100));
            case "picky" -> release(version, Set.of(Feature.SWITCHTO), context -> new Fifo(context, 0));
            default -> throw new EnclaveException("there is no file " + jar);
        };
    }

    private static PolicyRelease release(String version, Set<Feature> needs, PolicyFactory factory) {
        return new PolicyRelease("fifo", PolicyVersion.parse(version), PolicyModel.GLOBAL, needs, factory, "test");
    }

    private static final class Fifo extends GlobalPolicy<Task> {
        private final FifoQueue<Task> queue = new FifoQueue<>(tasks);
        private int passes;

        Fifo(PolicyContext context, int passes) {
            super(context, Task::new);
            this.passes = passes;
        }

        @Override
        public long schedule(Agent agent) {
            if (passes-- == 0) {
                throw new IllegalStateException("this release is broken");
            }
            return super.schedule(agent);
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
        protected Task first() {
            return queue.first();
        }
    }
}
