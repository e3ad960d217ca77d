package org.ghosthost.ffm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** Threads of the kernel, by their number. Any thread; nothing allocates but an exception. */
public final class Threads {
    /** The fair class. */
    public static final int SCHED_OTHER = 0;
    /** The extensible class. */
    public static final int SCHED_EXT = 7;
    /** Words of 64 CPUs in an affinity. */
    public static final int AFFINITY_WORDS = 16;

    private static final int AFFINITY_BYTES = AFFINITY_WORDS * Long.BYTES;
    private static final int PRIO_PROCESS = 0;
    private static final int RESET_ON_FORK = 0x40000000;

    private Threads() {}

    /** The number of the calling thread. */
    public static int current() {
        return (int) Caller.current().call(SystemCall.GETTID, 0, 0, 0);
    }

    /** Puts a thread into a scheduling class without priorities; 0 or {@code -errno}. */
    public static int setScheduler(int tid, int policy) {
        Caller caller = Caller.current();
        caller.scratch().set(JAVA_INT, 0, 0);
        return (int) caller.call(SystemCall.SCHED_SETSCHEDULER, tid, policy, caller.scratch().address());
    }

    /** The scheduling class of a thread, or {@code -errno}. */
    public static int scheduler(int tid) {
        int policy = (int) Caller.current().call(SystemCall.SCHED_GETSCHEDULER, tid, 0, 0);
        return policy < 0 ? policy : policy & ~RESET_ON_FORK;
    }

    /** Sets the nice value of a thread; 0 or {@code -errno}. */
    public static int setNice(int tid, int nice) {
        return (int) Caller.current().call(SystemCall.SETPRIORITY, PRIO_PROCESS, tid, nice);
    }

    /** Lets a thread run on one CPU only; 0 = the calling thread. 0 or {@code -errno}. */
    public static int pin(int tid, int cpu) {
        if (cpu < 0 || cpu >= AFFINITY_WORDS * Long.SIZE) {
            throw new IllegalArgumentException("CPU out of range: " + cpu);
        }
        MemorySegment mask = Caller.current().scratch();
        mask.fill((byte) 0);
        mask.setAtIndex(JAVA_LONG, cpu / Long.SIZE, 1L << cpu);
        return (int) Caller.current().call(SystemCall.SCHED_SETAFFINITY, tid, AFFINITY_BYTES, mask.address());
    }

    /** Lets a thread run on these CPUs only, at least one: bit {@code n % 64} of word {@code n / 64}. 0 or -errno. */
    public static int setAffinity(int tid, long[] cpus) {
        if (cpus.length > AFFINITY_WORDS) {
            throw new IllegalArgumentException("at most " + AFFINITY_WORDS + " words: " + cpus.length);
        }
        MemorySegment mask = Caller.current().scratch();
        for (int word = 0; word < AFFINITY_WORDS; word++) {
            mask.setAtIndex(JAVA_LONG, word, word < cpus.length ? cpus[word] : 0);
        }
        return (int) Caller.current().call(SystemCall.SCHED_SETAFFINITY, tid, AFFINITY_BYTES, mask.address());
    }

    /**
     * Reads the CPUs that a thread may use; word {@code n} of the result is {@link #affinityWord}, until the calling
     * thread makes another call of this package.
     *
     * @return whether there is such a thread
     */
    public static boolean readAffinity(int tid) {
        MemorySegment mask = Caller.current().scratch();
        for (int word = 0; word < AFFINITY_WORDS; word++) {
            mask.setAtIndex(JAVA_LONG, word, 0);
        }
        return Caller.current().call(SystemCall.SCHED_GETAFFINITY, tid, AFFINITY_BYTES, mask.address()) > 0;
    }

    /** A word of what {@link #readAffinity} has read on this thread. */
    public static long affinityWord(int index) {
        if (index < 0 || index >= AFFINITY_WORDS) {
            throw new IllegalArgumentException("affinity word out of range: " + index);
        }
        return Caller.current().scratch().getAtIndex(JAVA_LONG, index);
    }

    /** Whether there is a thread or a process with this number. */
    public static boolean exists(int tid) {
        return scheduler(tid) >= 0;
    }

    /** A file that stands for a process as long as it is open: its number is not given to another. */
    public static FileDescriptor openProcess(int pid) throws NativeException {
        long number = Caller.current().call(SystemCall.PIDFD_OPEN, pid, 0, 0);
        return new FileDescriptor((int) Caller.checked(number, "pidfd_open " + pid));
    }
}
