package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;

/**
 * An agent directly on the kernel seam, without enclave manager and policy: drains its queue, notes every message,
 * lets a subclass decide, commits, tells outcomes. It frees the status words of tasks that are gone.
 *
 * <p>The callbacks run on the agent's thread; what the accessors give may be read by the test's.
 */
public abstract class TestAgent implements AgentPass, KernelEnclave.MessageHandler {
    private static final int MAX_MESSAGES = 256;

    /** The backend. */
    protected final KernelBackend kernel;
    /** The enclave. */
    protected final KernelEnclave enclave;
    /** The agent's CPU. */
    protected final int cpu;
    /** The queue that it drains. */
    protected final int queue;

    private final TransactionTable transactions;
    private final List<SeenMessage> log = Collections.synchronizedList(new ArrayList<>());
    private final long[] targets;
    private final CpuSet opened = new CpuSet();
    private final CpuSet pending = new CpuSet();
    private volatile int statusWord = -1;
    private final AtomicLong passes = new AtomicLong();
    private volatile long waitUntilNs = Policy.UNTIL_MESSAGE;
    private volatile boolean waits;
    private int messages;
    private int decisions;
    private int barrier;
    private boolean failed;

    /** An agent for {@code cpu} that drains {@code queue}; {@link #attach} makes it one. */
    protected TestAgent(KernelBackend kernel, KernelEnclave enclave, int cpu, int queue) {
        this.kernel = kernel;
        this.enclave = enclave;
        this.cpu = cpu;
        this.queue = queue;
        transactions = enclave.transactions();
        targets = new long[kernel.topology().allCpus().last() + 1];
    }

    /** Becomes the agent of its CPU; called inside of {@link KernelBackend#execute}. */
    public void attach() throws KernelException {
        statusWord = enclave.attachAgent(cpu, queue, this);
        enclave.ping(cpu); // a pass that began before the status word was known has done nothing
    }

    // ---- what a subclass says

    /** Takes messages out of the queue; how many there were. */
    protected int drain() {
        return enclave.drain(queue, this, MAX_MESSAGES);
    }

    /** A message, after it was noted. */
    protected void seen(SeenMessage message) {}

    /**
     * Opens transactions by {@link #open}.
     *
     * @return as {@link Policy#schedule}
     */
    protected long schedule() {
        return Policy.UNTIL_MESSAGE;
    }

    /** The outcome of a transaction. */
    protected void outcome(int target, long gtid, TransactionState state) {}

    /** Commits what was opened; one commit for all by default. */
    protected void commit(CpuSet slots) {
        enclave.commit(cpu, slots);
    }

    /** Opens a transaction that is committed after {@link #schedule}. */
    protected final void open(int target, long gtid, int taskBarrier, int flags) {
        targets[target] = gtid;
        opened.add(target);
        decisions++;
        transactions.open(target, gtid, taskBarrier, barrier, flags, 0, 0);
    }

    /** As {@link #open}, with a commit at once and nothing else. */
    protected final void open(int target, long gtid, int taskBarrier) {
        open(target, gtid, taskBarrier, TransactionFlags.COMMIT_AT_TXN_COMMIT);
    }

    /** Whether a transaction of this CPU has no outcome yet. */
    protected final boolean isPending(int target) {
        return pending.contains(target);
    }

    // ---- what a test asks

    /** The messages so far. */
    public final List<SeenMessage> log() {
        synchronized (log) {
            return List.copyOf(log);
        }
    }

    /** The messages about one thread so far. */
    public final List<SeenMessage> log(int tid) {
        return log().stream().filter(message -> message.is(message.type(), tid)).toList();
    }

    /** Whether there was a message of this type about this thread. */
    public final boolean saw(int type, int tid) {
        return log().stream().anyMatch(message -> message.is(type, tid));
    }

    /** Passes so far. */
    public final long passes() {
        return passes.get();
    }

    /** Whether its last pass has ended and it waits for a message. */
    public final boolean waits() {
        return waits && waitUntilNs == Policy.UNTIL_MESSAGE;
    }

    /** Its status word. */
    public final int statusWord() {
        return statusWord;
    }

    // ---- the pass

    @Override
    public boolean mustBeAlone() {
        return false;
    }

    @Override
    public void decide(boolean alone) {
        waits = false;
        messages = 0;
        decisions = 0;
        failed = false;
        opened.clear();
        if (statusWord < 0) {
            waitUntilNs = Policy.UNTIL_MESSAGE;
            return;
        }
        barrier = enclave.statusWords().barrier(statusWord);
        collectPending();
        messages = drain();
        waitUntilNs = schedule();
        if (messages == MAX_MESSAGES) {
            waitUntilNs = Policy.AGAIN;
        }
    }

    @Override
    public void message(Message message) {
        SeenMessage copy = SeenMessage.of(queue, message);
        log.add(copy);
        if (MessageType.isTask(copy.type())) {
            for (int at = pending.first(); at >= 0; at = pending.next(at + 1)) {
                if (targets[at] == copy.gtid()) {
                    collect(at);
                }
            }
        }
        seen(copy);
        if (copy.type() == MessageType.TASK_DEAD || copy.type() == MessageType.TASK_DEPARTED) {
            enclave.freeStatusWord(copy.statusWord());
        }
    }

    @Override
    public void commit() {
        if (!opened.isEmpty()) {
            commit(opened);
            for (int at = opened.first(); at >= 0; at = opened.next(at + 1)) {
                collect(at);
            }
        }
        if (failed && waitUntilNs == Policy.UNTIL_MESSAGE) {
            waitUntilNs = kernel.now() + 10_000; // look again, but let the world go on meanwhile
        }
        passes.incrementAndGet();
        waits = true;
    }

    private void collectPending() {
        for (int at = pending.first(); at >= 0; at = pending.next(at + 1)) {
            collect(at);
        }
    }

    private void collect(int at) {
        int code = transactions.state(at);
        if (!TransactionState.isResult(code)) {
            pending.add(at);
            return;
        }
        pending.remove(at);
        TransactionState state = TransactionState.of(code);
        failed |= !state.succeeded();
        outcome(at, targets[at], state);
    }

    @Override
    public int messages() {
        return messages;
    }

    @Override
    public int decisions() {
        return decisions;
    }

    @Override
    public long waitUntilNs() {
        return waitUntilNs;
    }

    @Override
    public int barrier() {
        return barrier;
    }

    @Override
    public int waitFlags() {
        return 0;
    }

    @Override
    public boolean spins() {
        return false;
    }
}
