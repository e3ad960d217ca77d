package org.ghosthost.enclave.join;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.join.ProcessTable.ThreadState;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelException;
import org.jspecify.annotations.Nullable;

/**
 * Brings threads into enclaves and gives them back. What cannot be done as a whole is not done at all: threads that
 * came in before the refusal go back. A number that was given to another thread meanwhile is noticed by its start time:
 * that thread is given back at once. Any thread.
 */
public final class Joining {
    /** A process may have this many generations of threads born while it is brought in. */
    private static final int MAX_SCANS = 1_000;

    private final EnclaveManager enclaves;
    private final ProcessTable processes;
    private final int self;

    /** For the enclaves of this machine. */
    public Joining(EnclaveManager enclaves) {
        this(enclaves, new ProcessTable(Path.of("/proc"), Path.of("/sys/fs/cgroup")));
    }

    Joining(EnclaveManager enclaves, ProcessTable processes) {
        this.enclaves = enclaves;
        this.processes = processes;
        self = Math.toIntExact(ProcessHandle.current().pid());
    }

    /**
     * Brings a target into an enclave.
     *
     * @return how many threads came in that were not there before
     */
    public int push(Caller caller, int enclave, Target target) throws JoinException, EnclaveException {
        needProcesses();
        Arrival arrival = new Arrival(caller, enclaves.enclave(enclave));
        try {
            switch (target) {
                case Target.OneThread(int tid) -> arrival.single(tid);
                case Target.OneProcess(int pid) -> arrival.process(pid);
                case Target.Cgroup(String path) -> arrival.cgroup(path);
            }
            return arrival.came.size();
        } catch (JoinException | RuntimeException | Error e) {
            arrival.undo();
            throw e;
        }
    }

    /**
     * Gives a target back to the default scheduler, from whichever enclave its threads are in.
     *
     * @return how many threads went back
     */
    public int pull(Caller caller, Target target) throws JoinException {
        needProcesses();
        int count = switch (target) {
            case Target.OneThread(int tid) -> leave(caller, living(tid)) ? 1 : 0;
            case Target.OneProcess(int pid) -> leaveAll(caller, leader(pid).tid());
            case Target.Cgroup(String path) -> {
                int sum = 0;
                for (int process : processesOf(path)) {
                    sum += leaveAll(caller, process);
                }
                yield sum;
            }
        };
        if (count == 0) {
            throw new JoinException(Errno.ESRCH, describe(target) + " is in no enclave");
        }
        return count;
    }

    /** The gtid of a thread in an enclave; 0 if it is not there. */
    public long gtid(int enclave, int tid) throws EnclaveException {
        return enclaves.enclave(enclave).gtid(tid);
    }

    /**
     * Takes over the PrioTable that a process keeps in memory which it shares.
     *
     * @param pid the process
     * @param descriptor its number of the file of that memory
     */
    public void takePrioTable(Caller caller, int pid, int descriptor) throws JoinException {
        needProcesses();
        ThreadState process = leader(pid);
        checkOwner(caller, process);
        try {
            enclaves.backend().takePrioTable(pid, descriptor);
        } catch (KernelException e) {
            throw new JoinException(e.errno(), String.valueOf(e.getMessage()));
        }
    }

    private void needProcesses() throws JoinException {
        KernelBackend backend = enclaves.backend();
        if (!backend.runsProcesses()) {
            throw new JoinException(Errno.ENOTSUP, "this host's machine is " + backend.name() + " and takes no threads"
                    + " of this one: that needs a host with --backend sched_ext");
        }
    }

    /** One push. */
    private final class Arrival {
        private final Caller caller;
        private final Enclave enclave;
        private final Map<Integer, ThreadState> came = new TreeMap<>();

        Arrival(Caller caller, Enclave enclave) {
            this.caller = caller;
            this.enclave = enclave;
        }

        void single(int tid) throws JoinException {
            if (!enter(living(tid))) {
                throw gone(tid);
            }
        }

        void process(int pid) throws JoinException {
            leader(pid);
            if (!all(pid)) {
                throw new JoinException(Errno.ESRCH, "process " + pid + " ended meanwhile");
            }
        }

        void cgroup(String path) throws JoinException {
            List<Integer> seen = new ArrayList<>();
            for (int scan = 0; scan < MAX_SCANS; scan++) {
                List<Integer> fresh = processesOf(path);
                fresh.removeAll(seen);
                if (fresh.isEmpty()) {
                    if (seen.isEmpty()) {
                        throw new JoinException(Errno.ESRCH, "cgroup " + path + " has no processes");
                    }
                    return;
                }
                for (int process : fresh) {
                    all(process);
                    seen.add(process);
                }
            }
            throw new JoinException(Errno.EBUSY, "cgroup " + path + " gets new processes faster than they are found");
        }

        /** Brings all threads in, until a scan finds none that is not: children of those that are in are born in. */
        private boolean all(int pid) throws JoinException {
            boolean some = false;
            for (int scan = 0; scan < MAX_SCANS; scan++) {
                boolean found = false;
                for (int tid : processes.threads(pid)) {
                    ThreadState thread = enclave.gtid(tid) == 0 ? processes.thread(tid) : null;
                    found |= thread != null && enter(thread);
                    some = true;
                }
                if (!found) {
                    return some;
                }
            }
            throw new JoinException(Errno.EBUSY, "process " + pid + " makes threads faster than they are found");
        }

        /** Returns false if the thread ended. */
        private boolean enter(ThreadState thread) throws JoinException {
            check(caller, thread);
            int tid = thread.tid();
            Enclave present = holder(tid);
            if (present != null && present != enclave) {
                throw new JoinException(Errno.EBUSY, "thread " + tid + " is in enclave " + present.id()
                        + " already: pull it first");
            }
            try {
                enclave.enter(tid);
            } catch (KernelException e) {
                if (e.errno() == Errno.ESRCH) {
                    return false;
                }
                throw new JoinException(e.errno(), String.valueOf(e.getMessage()));
            } catch (EnclaveException e) {
                throw new JoinException(Errno.EXDEV, String.valueOf(e.getMessage()));
            }
            if (present == null) {
                came.put(tid, thread);
            }
            ThreadState now = processes.thread(tid);
            if (now == null) {
                return false;
            }
            if (!thread.same(now) || !owns(caller, now)) {
                came.remove(tid);
                giveBack(enclave, tid);
                throw gone(tid);
            }
            return true;
        }

        void undo() {
            came.forEach((tid, thread) -> {
                if (thread.same(processes.thread(tid))) {
                    giveBack(enclave, tid);
                }
            });
        }
    }

    // ---- leaving

    private int leaveAll(Caller caller, int pid) throws JoinException {
        int count = 0;
        for (int scan = 0; scan < MAX_SCANS; scan++) {
            int before = count;
            for (int tid : processes.threads(pid)) {
                ThreadState thread = holder(tid) == null ? null : processes.thread(tid);
                count += thread != null && leave(caller, thread) ? 1 : 0;
            }
            if (count == before) {
                return count;
            }
        }
        throw new JoinException(Errno.EBUSY, "process " + pid + " makes threads faster than they are given back");
    }

    private boolean leave(Caller caller, ThreadState thread) throws JoinException {
        checkOwner(caller, thread);
        Enclave holder = holder(thread.tid());
        return holder != null && giveBack(holder, thread.tid());
    }

    private static boolean giveBack(Enclave enclave, int tid) {
        try {
            enclave.leave(tid);
            return true;
        } catch (EnclaveException | KernelException _) {
            return false; // it ended, or the enclave did: in both cases it is not there any more
        }
    }

    private @Nullable Enclave holder(int tid) {
        for (Enclave enclave : enclaves.enclaves()) {
            if (enclave.gtid(tid) != 0) {
                return enclave;
            }
        }
        return null;
    }

    // ---- checks

    private ThreadState living(int tid) throws JoinException {
        ThreadState thread = processes.thread(tid);
        if (thread == null) {
            throw new JoinException(Errno.ESRCH, "there is no thread " + tid);
        }
        return thread;
    }

    private ThreadState leader(int pid) throws JoinException {
        ThreadState thread = processes.thread(pid);
        if (thread == null) {
            throw new JoinException(Errno.ESRCH, "there is no process " + pid);
        }
        if (thread.process() != pid) {
            throw new JoinException(Errno.EINVAL, pid + " is a thread of process " + thread.process() + ": name the"
                    + " process, or the thread as such");
        }
        return thread;
    }

    private void check(Caller caller, ThreadState thread) throws JoinException {
        if (thread.kernelThread()) {
            throw new JoinException(Errno.EPERM, thread.tid() + " is a thread of the kernel, which stays where it is");
        }
        if (thread.process() == self) {
            throw new JoinException(Errno.EPERM, "process " + self + " is this host: its threads would wait for"
                    + " themselves");
        }
        checkOwner(caller, thread);
    }

    private static void checkOwner(Caller caller, ThreadState thread) throws JoinException {
        if (!owns(caller, thread)) {
            throw new JoinException(Errno.EPERM, "process " + thread.process() + " is not one of user "
                    + caller.user().getName() + " alone: only its own user and root decide about its threads");
        }
    }

    private static boolean owns(Caller caller, ThreadState thread) throws JoinException {
        try {
            return caller.mayTake(thread);
        } catch (IOException e) {
            throw new JoinException(Errno.EPERM, "it cannot be found out whose process " + thread.process() + " is: "
                    + e.getMessage());
        }
    }

    private List<Integer> processesOf(String path) throws JoinException {
        try {
            return processes.processes(processes.cgroup(path));
        } catch (IOException _) {
            throw new JoinException(Errno.ENOENT, "there is no cgroup " + path + " below the root of cgroup v2");
        }
    }

    private static JoinException gone(int tid) {
        return new JoinException(Errno.ESRCH, "thread " + tid + " ended meanwhile");
    }

    private static String describe(Target target) {
        return switch (target) {
            case Target.OneThread(int tid) -> "thread " + tid;
            case Target.OneProcess(int pid) -> "process " + pid;
            case Target.Cgroup(String path) -> "what is in cgroup " + path;
        };
    }
}
