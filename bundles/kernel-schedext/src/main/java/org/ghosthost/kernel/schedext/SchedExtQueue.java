package org.ghosthost.kernel.schedext;

import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.policy.topology.CpuSet;

/** A queue: its number in the kernel's table, its ring buffer, and whom it wakes. */
final class SchedExtQueue {
    private final int number;
    private final FileDescriptor file;
    private final RingQueue ring;
    private volatile int wakeupCpu = CpuSet.NO_CPU;

    SchedExtQueue(int number, FileDescriptor file, RingQueue ring) {
        this.number = number;
        this.file = file;
        this.ring = ring;
    }

    int number() {
        return number;
    }

    FileDescriptor file() {
        return file;
    }

    RingQueue ring() {
        return ring;
    }

    int wakeupCpu() {
        return wakeupCpu;
    }

    void wakeupCpu(int cpu) {
        wakeupCpu = cpu;
    }
}
