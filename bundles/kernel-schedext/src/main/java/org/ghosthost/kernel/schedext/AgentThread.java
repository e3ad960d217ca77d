package org.ghosthost.kernel.schedext;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.ffm.Epoll;
import org.ghosthost.ffm.EventFile;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.ffm.Threads;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * The agent of one CPU as a thread that runs there and nowhere else: a pass, then it waits for what the pass said. It
 * is in the fair class, so that it comes before every thread that is scheduled by policies; a task that its commit put
 * on its own CPU runs as soon as it waits.
 *
 * <p>No wake-up is lost: before it sleeps it says so in memory that the BPF program reads after each message, and then,
 * behind a full fence, looks once more whether there was one.
 */
final class AgentThread {
    private static final Logger LOG = LogManager.getLogger(AgentThread.class);

    /** Lowest of the fair class: of an agent that hangs. */
    private static final int NICE_ASIDE = 19;
    /** Highest of the fair class: a hog of another process does not keep an agent waiting. */
    private static final int NICE = -20;
    /** A spinning agent looks at the clock once in so many rounds. */
    private static final int ROUNDS_BETWEEN_CLOCKS = 64;
    /** Sleep while messages wait that the pass could not take, because another generation is about to. */
    private static final long UNTAKEN_NS = 20_000;
    private static final long STOP_TIMEOUT_MS = 2_000;
    private static final VarHandle PASSES;

    static {
        try {
            PASSES = MethodHandles.lookup().findVarHandle(AgentThread.class, "passes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What the thread is, for those who ask on it. */
    static final class Carrier extends Thread {
        private final PassGate gate;

        Carrier(PassGate gate, Runnable body, String name) {
            super(null, body, name);
            this.gate = gate;
            setDaemon(true);
        }

        PassGate gate() {
            return gate;
        }
    }

    private final SchedExtEnclave enclave;
    private final PassGate gate;
    private final RecordTable cpus;
    private final int cpu;
    private final AgentPass pass;
    private final long spinNs;
    private final Carrier thread;
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch attached = new CountDownLatch(1);
    private final BooleanSupplier isStopping = this::stopping;

    /** Waits for messages of the rings that wake this agent, and for pings. */
    private final Epoll epoll;
    /** The same rings, to be looked at before it sleeps; replaced as a whole. */
    private volatile SchedExtQueue[] watched = {};
    private final EventFile pings;
    private @Nullable Epoll parked;

    private volatile boolean stopping;
    private boolean stopsItself;
    private volatile boolean inPass;
    private volatile boolean aside;
    private volatile int tid;
    private int statusWord;
    private long seenPasses = -1;
    private long seenSinceNs;

    @SuppressWarnings("FieldMayBeFinal") // written through PASSES
    private long passes;

    AgentThread(SchedExtEnclave enclave, RecordTable cpus, int cpu, AgentPass pass, long spinNs)
            throws NativeException {
        this.enclave = enclave;
        gate = enclave.gate();
        this.cpus = cpus;
        this.cpu = cpu;
        this.pass = pass;
        this.spinNs = spinNs;
        epoll = Epoll.open();
        pings = EventFile.open();
        epoll.add(pings);
        thread = new Carrier(gate, this::run, "ghost-agent-" + cpu);
    }

    /** Starts the thread, which waits for {@link #begin}; its number. */
    int start() {
        thread.start();
        await(started);
        return tid;
    }

    /** Lets it make passes. */
    void begin(int agentStatusWord) {
        statusWord = agentStatusWord;
        attached.countDown();
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- what others ask and say

    int cpu() {
        return cpu;
    }

    int statusWord() {
        return statusWord;
    }

    /** Passes so far; any thread. */
    long passes() {
        return (long) PASSES.getOpaque(this);
    }

    /** Whether a pass is under way; any thread. */
    boolean inPass() {
        return inPass;
    }

    /** Whether it has not been in one pass for so long, as far as seen; for the housekeeper, which asks regularly. */
    boolean isWell(long now, long patienceNs) {
        long count = passes();
        if (!inPass || count != seenPasses) {
            seenPasses = count;
            seenSinceNs = now;
        }
        return now - seenSinceNs < patienceNs;
    }

    /**
     * It hangs, so it must not keep the CPU from the threads of its enclave, which all other classes come before.
     * By the housekeeper; the agent comes back by itself after its pass.
     */
    synchronized void setAside(long[] cpusOfNoEnclave) {
        if (!aside) {
            aside = true;
            Threads.setAffinity(tid, cpusOfNoEnclave);
            Threads.setNice(tid, NICE_ASIDE);
        }
    }

    private synchronized void comeBack() {
        Threads.pin(0, cpu);
        Threads.setNice(tid, NICE);
        aside = false;
    }

    private boolean stopping() {
        return stopping;
    }

    /** From now on messages of this queue wake it. */
    synchronized void watch(SchedExtQueue queue) throws NativeException {
        forget(queue);
        SchedExtQueue[] now = Arrays.copyOf(watched, watched.length + 1);
        now[watched.length] = queue;
        watched = now;
        epoll.add(queue.file());
        wake();
    }

    /** From now on they do not. */
    synchronized void forget(SchedExtQueue queue) throws NativeException {
        epoll.remove(queue.file());
        watched = Arrays.stream(watched).filter(other -> !other.equals(queue)).toArray(SchedExtQueue[]::new);
    }

    private boolean hasMessages() {
        SchedExtQueue[] all = watched;
        for (SchedExtQueue queue : all) {
            if (!queue.ring().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Ends its wait, if it waits. Any thread. */
    void wake() {
        pings.signal();
    }

    /**
     * Ends it, after the pass that is under way.
     *
     * @return whether it has ended; false if it hangs in its pass, or is the calling thread, which ends afterwards
     */
    boolean stop() {
        stopping = true;
        attached.countDown();
        if (Thread.currentThread().equals(thread)) {
            stopsItself = true;
            return false;
        }
        wake();
        try {
            thread.join(STOP_TIMEOUT_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        boolean ended = !thread.isAlive();
        if (ended) {
            close();
        }
        return ended;
    }

    // ---- the thread

    private void run() {
        tid = Threads.current();
        int pinned = Threads.pin(0, cpu);
        Threads.setNice(tid, NICE);
        started.countDown();
        await(attached);
        if (pinned < 0) {
            enclave.fail("the agent of CPU " + cpu + " cannot run there (errno " + -pinned + ")");
        }
        try {
            while (!stopping && makePass()) {
                PASSES.setOpaque(this, passes + 1);
                if (aside) {
                    comeBack();
                }
                waitFor(pass.waitUntilNs());
            }
        } catch (Throwable t) { // a defect of ours; the policy's own exceptions do not get here
            LOG.error("the agent of CPU {} ends", cpu, t);
            enclave.fail("the agent of CPU " + cpu + " has a defect: " + t);
        }
        if (stopsItself) {
            close();
        }
    }

    private void close() {
        if (parked != null) {
            parked.close();
        }
        epoll.close();
        pings.close();
    }

    /** False if it gave up. */
    private boolean makePass() {
        if (pass.mustBeAlone()) {
            return passAlone();
        }
        if (!gate.enter(cpu, isStopping)) {
            return false;
        }
        boolean mustBeAlone;
        inPass = true;
        try {
            mustBeAlone = pass.mustBeAlone(); // may have become true before this agent was inside
            if (!mustBeAlone) {
                pass.decide(false);
                pass.commit();
            }
        } finally {
            inPass = false;
            gate.leave(cpu);
        }
        return !mustBeAlone || passAlone();
    }

    private boolean passAlone() {
        while (!gate.enterAlone(isStopping)) {
            if (stopping) {
                return false;
            }
        }
        inPass = true;
        try {
            pass.decide(true);
            pass.commit();
        } finally {
            inPass = false;
            gate.leaveAlone();
        }
        return true;
    }

    // ---- between passes

    private void waitFor(long untilNs) {
        if (untilNs == Policy.AGAIN || stopping) {
            return;
        }
        if (pass.spins()) {
            if (!spin(untilNs)) {
                sleep(untilNs, enclave.polled());
            }
        } else {
            sleep(untilNs, null);
        }
    }

    private boolean hasNews() {
        return stopping || enclave.barrier(statusWord) != pass.barrier();
    }

    /** False when it has spun long enough in vain. */
    private boolean spin(long untilNs) {
        PolledQueues polled = enclave.polled();
        long start = System.nanoTime();
        for (int round = 1; ; round++) {
            if (hasNews() || !polled.areEmpty()) {
                return true;
            }
            if (round % ROUNDS_BETWEEN_CLOCKS == 0) {
                long now = System.nanoTime();
                if (now >= untilNs || pass.mustBeAlone() || !pass.spins()) {
                    return true;
                }
                if (spinNs > 0 && now - start >= spinNs) {
                    return false;
                }
            }
            Thread.onSpinWait();
        }
    }

    /**
     * Sleeps until a message, a ping or a time.
     *
     * @param polled queues that wake nobody but are to wake this agent while it sleeps; null = none
     */
    private void sleep(long untilNs, @Nullable PolledQueues polled) {
        if (pass.waitFlags() != 0) {
            int flags = cpus.getInt(cpu, SchedExtLayout.Cpu.RUN_FLAGS);
            cpus.setInt(cpu, SchedExtLayout.Cpu.RUN_FLAGS, flags | pass.waitFlags());
        }
        if (polled != null) {
            polled.wakeFrom(cpu);
        }
        cpus.setIntVolatile(cpu, SchedExtLayout.Cpu.AGENT_SLEEPING, 1);
        VarHandle.fullFence(); // pairs with the program, which raises the barrier and then looks whether we sleep
        boolean untaken = polled == null ? hasMessages() : !polled.areEmpty();
        if (!hasNews()) {
            long limitNs = untilNs == Policy.UNTIL_MESSAGE ? Epoll.FOR_EVER : untilNs - System.nanoTime();
            if (untaken) {
                LockSupport.parkNanos(Math.min(limitNs, UNTAKEN_NS));
            } else if (limitNs > 0) {
                (polled == null ? epoll : parked(polled)).await(limitNs);
                pings.clear();
            }
        }
        cpus.setInt(cpu, SchedExtLayout.Cpu.AGENT_SLEEPING, 0);
        if (polled != null) {
            polled.wakeFrom(CpuSet.NO_CPU);
        }
    }

    /** What a spinning agent sleeps on: made when it does so first. */
    private Epoll parked(PolledQueues polled) {
        Epoll made = parked;
        if (made == null) {
            try {
                made = Epoll.open();
                made.add(pings);
                made.add(polled.epoll());
            } catch (NativeException e) {
                throw new IllegalStateException(e);
            }
            parked = made;
        }
        return made;
    }
}
