package org.ghosthost.testkit;

/** What tasks do on a {@link NullKernel}. */
@FunctionalInterface
public interface NullWorkload {
    /** A task got {@code cpu}: make its next messages, at least one, by the methods of {@code enclave}. */
    void ran(NullEnclave enclave, int task, int cpu);

    /** An agent has decided and not yet committed: what happens to a task now makes the decision about it stale. */
    default void decided(NullEnclave enclave) {}

    /** An agent's pass has ended; called after {@link #ran} for those that it gave a CPU. */
    default void passed(NullEnclave enclave) {}
}
