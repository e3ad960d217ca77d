package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.ffm.Threads;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.topology.CpuSet;

/** The threads of one enclave: how they come and go. */
final class Members {
    private static final Logger LOG = LogManager.getLogger(Members.class);
    private static final int MAX_FORMER = 4096;
    private static final int MAX_TID = 1 << 22;
    /** The program has no memory for the thread at this moment. */
    private static final int EAGAIN = 11;
    /** Threads may be born while others are given back. */
    private static final int MAX_ROUNDS = 200;
    private static final long ROUND_NS = 5_000_000;

    private final KernelSide side;
    private final int slot;
    private final int id;
    private final StatusWords words;
    /** Last gtid of each thread that was brought in, so that one that has left can come back by it. */
    private final Map<Integer, Long> former = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MAX_FORMER;
        }
    };

    Members(KernelSide side, int slot, int id, StatusWords words) {
        this.side = side;
        this.slot = slot;
        this.id = id;
        this.words = words;
    }

    int count() {
        return side.enclaves.getInt(slot, SchedExtLayout.Enclave.TASKS);
    }

    /** Brings a thread in: marks it for this enclave, then gives it to the extensible class. */
    void enter(long tidOrGtid) throws KernelException {
        int tid = tid(tidOrGtid);
        if (tid != tidOrGtid && gtidOrFormer(tid) != tidOrGtid) {
            throw new KernelException(Errno.ESRCH, "no such thread: " + Gtid.toString(tidOrGtid));
        }
        if (Files.exists(Path.of("/proc/self/task/" + tid))) {
            throw new KernelException(Errno.EPERM,
                    "thread " + tid + " is the host's own: a host does not schedule itself");
        }
        int policy = Threads.scheduler(tid);
        if (policy < 0) {
            throw new KernelException(Errno.ESRCH, "no such thread: " + tid);
        }
        Request request = Request.of(slot).tid(tid);
        int result = request.call(side.program(Program.ENTER));
        for (int tries = 0; result == -EAGAIN && tries < MAX_ROUNDS; tries++) {
            LockSupport.parkNanos(ROUND_NS);
            result = request.call(side.program(Program.ENTER));
        }
        if (result < 0 && Errors.of(-result) != Errno.EALREADY) {
            throw refusal(tid, result, request.value());
        }
        if (result == 0 && policy == Threads.SCHED_EXT) {
            Threads.setScheduler(tid, Threads.SCHED_OTHER); // somebody was faster: let the kernel tell the program anew
        }
        if (result == 0) {
            former.put(tid, request.gtid());
        }
        int moved = Threads.setScheduler(tid, Threads.SCHED_EXT);
        if (moved < 0) {
            Request.of(slot).tid(tid).call(side.program(Program.LEAVE));
            Errors.check(moved, "thread " + tid + " cannot be given to the extensible scheduling class");
        }
    }

    private KernelException refusal(int tid, int result, long otherEnclave) {
        Errno errno = Errors.of(-result);
        return new KernelException(errno, switch (errno) {
            case ESRCH -> "no such thread: " + tid;
            case EPERM -> "thread " + tid + " is the kernel's own";
            case EBUSY -> "thread " + tid + " is in enclave " + otherEnclave + " already";
            case ENOMEM -> "enclave " + id + " has no free status word for thread " + tid + ": it has "
                    + words.capacity() + ", see option status-words";
            default -> "thread " + tid + " cannot enter enclave " + id + " (errno " + -result + ")";
        });
    }

    private static int tid(long tidOrGtid) throws KernelException {
        long tid = tidOrGtid >>> Gtid.GENERATION_BITS == 0 ? tidOrGtid : Gtid.pid(tidOrGtid);
        if (tid <= 0 || tid > MAX_TID) {
            throw new KernelException(Errno.ESRCH, "no such thread: " + tidOrGtid);
        }
        return (int) tid;
    }

    /** Gives a thread back to the fair class. */
    void leave(long tidOrGtid) throws KernelException {
        int tid = tid(tidOrGtid);
        if (wordOf(tid) < 0) {
            throw new KernelException(Errno.ESRCH, "thread " + tid + " is not in enclave " + id);
        }
        giveBack(tid);
    }

    /** The gtid of a thread that is in the enclave, or was brought in lately; 0 if there is none. */
    private long gtidOrFormer(int tid) {
        int word = wordOf(tid);
        return word >= 0 ? words.gtid(word) : former.getOrDefault(tid, 0L);
    }

    private int wordOf(int tid) {
        int used = usedWords();
        for (int word = 0; word < used; word++) {
            if (words.isTask(word) && Gtid.pid(words.gtid(word)) == tid) {
                return word;
            }
        }
        return -1;
    }

    /** Copies the allowed CPUs of a thread; false if it is gone. */
    static boolean affinity(long gtid, CpuSet into) {
        if (gtid <= 0 || !Threads.readAffinity(Gtid.pid(gtid))) {
            return false;
        }
        for (int word = 0; word < Threads.AFFINITY_WORDS; word++) {
            into.setWord(word, Threads.affinityWord(word));
        }
        return true;
    }

    /** The gtid of a thread; 0 if it is not here. */
    long gtid(int tid) {
        int word = wordOf(tid);
        return word < 0 ? 0 : words.gtid(word);
    }

    private int usedWords() {
        return Math.min(side.enclaves.getInt(slot, SchedExtLayout.Enclave.NEXT_WORD), words.capacity());
    }

    private void giveBack(int tid) {
        Threads.setScheduler(tid, Threads.SCHED_OTHER);
        Request.of(slot).tid(tid).call(side.program(Program.LEAVE));
    }

    /** Gives all threads back, those born meanwhile too. */
    void giveAllBack() {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            int used = usedWords();
            for (int word = 0; word < used; word++) {
                if (words.isTask(word)) {
                    giveBack(Gtid.pid(words.gtid(word)));
                }
            }
            if (count() == 0) {
                return;
            }
            LockSupport.parkNanos(ROUND_NS);
        }
        LOG.error("enclave {}: {} threads could not be given back", id, count());
    }

    /**
     * The thread that has waited longest for a CPU.
     *
     * @return its status word if it has waited so long, or -1
     */
    int waitsLongerThan(long ns, long now) {
        int used = usedWords();
        for (int word = 0; word < used; word++) {
            if (words.isTask(word) && words.runnable(word) && !words.onCpu(word)) {
                long since = words.runnableSinceNs(word);
                if (since != 0 && now - since > ns) {
                    return word;
                }
            }
        }
        return -1;
    }

    String nameOf(int word) {
        return name(words.gtid(word));
    }

    String name(long gtid) {
        if (gtid <= 0) {
            return Gtid.toString(gtid);
        }
        try {
            return Files.readString(Path.of("/proc/" + Gtid.pid(gtid) + "/comm")).strip();
        } catch (IOException _) {
            return Gtid.toString(gtid);
        }
    }
}
