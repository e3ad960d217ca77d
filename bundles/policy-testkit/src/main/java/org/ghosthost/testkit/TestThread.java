package org.ghosthost.testkit;

/** A thread that follows a {@link ThreadScript} on a {@link KernelTestMachine}. */
public interface TestThread {
    /** Its number, as {@code KernelEnclave.enter} takes it and as {@code Gtid.pid} finds it in a gtid. */
    int tid();

    /** Whether it has come to the end of its script and is gone. */
    boolean ended();
}
