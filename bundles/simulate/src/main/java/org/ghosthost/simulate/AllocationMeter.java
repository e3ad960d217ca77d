package org.ghosthost.simulate;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts the bytes of heap that this thread allocates for each decision, once things have warmed up: over the part of
 * the run that decided the second half of the transactions, to the precision of the samples.
 */
final class AllocationMeter {
    /** More than needed; when there are so many, every second one is dropped. */
    private static final int MAX_SAMPLES = 4096;

    private record Sample(long decisions, long bytes) {
    }

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final List<Sample> samples = new ArrayList<>(List.of(new Sample(0, 0)));
    private long stoppedAt;
    private long paused;

    /** Allocations count from here. */
    void resume() {
        paused += threads.getCurrentThreadAllocatedBytes() - stoppedAt;
    }

    /** Allocations from here on do not count; so many transactions have been decided so far. */
    void pause(long decisions) {
        stoppedAt = threads.getCurrentThreadAllocatedBytes();
        samples.add(new Sample(decisions, stoppedAt - paused));
        if (samples.size() == MAX_SAMPLES) {
            thin();
        }
    }

    private void thin() {
        int kept = 1;
        for (int i = 2; i < samples.size(); i += 2) {
            samples.set(kept++, samples.get(i));
        }
        samples.subList(kept, samples.size()).clear();
    }

    /** Bytes for each decision; 0 if there was none. */
    double bytesPerDecision() {
        Sample last = samples.getLast();
        Sample from = samples.getFirst();
        for (Sample sample : samples) {
            from = sample.decisions <= last.decisions / 2 ? sample : from;
        }
        long decisions = last.decisions - from.decisions;
        return decisions == 0 ? 0 : (double) (last.bytes - from.bytes) / decisions;
    }
}
