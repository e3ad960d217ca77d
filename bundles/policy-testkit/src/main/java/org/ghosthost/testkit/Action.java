package org.ghosthost.testkit;

import java.util.function.Consumer;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** One step of a {@link ThreadScript}. Times are nanoseconds. */
public sealed interface Action {
    /** Burns {@code ns} of CPU time. */
    record Run(long ns) implements Action {}

    /** Sleeps for {@code ns}. */
    record Sleep(long ns) implements Action {}

    /** {@code sched_yield}. */
    record Yield() implements Action {}

    /** Burns CPU time until the signal is raised. */
    record SpinUntil(Signal signal) implements Action {}

    /** Sets the thread's nice value, -20 to 19. */
    record SetNice(int nice) implements Action {}

    /** Restricts a thread to CPUs; {@code null} stands for the thread itself. */
    record SetAffinity(@Nullable TestThread thread, CpuSet cpus) implements Action {}

    /** Goes back to the default scheduler; nothing for a thread that is there. */
    record Leave() implements Action {}

    /** Asks the system for the scheduling class of enclaves without naming an enclave; a refusal is ignored. */
    record AskForClass() implements Action {}

    /** Starts another thread, as a thread does that makes one. */
    record Fork(String name, ThreadScript script) implements Action {}

    /** Does something on this thread, which it is given, in no time: calls the kernel seam, notes for the test. */
    record Call(Consumer<TestThread> call) implements Action {}
}
