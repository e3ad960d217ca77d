package org.ghosthost.enclave;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.Handoff.Event;
import org.ghosthost.enclave.Roll.Outcome;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.jspecify.annotations.Nullable;

/**
 * Who leads an enclave, who follows, and how the lead passes. Moved by the agent loops, at their safe points; an
 * operator's command comes in between two passes. As long as nobody follows, agents of different CPUs may bring
 * messages and outcomes at the same time; everything else happens in a pass that is alone, or in a command.
 *
 * <p>A follower sees every task, message and outcome, and decides nothing. It gets the lead by one swap of a reference
 * once it has caught up and no pass of the leader is under way. The former leader follows until probation has ended, so
 * that the way back is the same swap.
 */
final class Lead {
    /** Status words looked at in one pass while a follower catches up, so that nobody waits for it. */
    static final int MAX_DISCOVERED_PER_PASS = 2048;
    /** Time that a new leader must lead without a fault before it stays. */
    static final long PROBATION_NS = 100_000_000;
    /** Rolls that are remembered. */
    static final int MAX_HISTORY = 1024;

    private static final Logger LOG = LogManager.getLogger(Lead.class);

    private final Enclave enclave;
    private final Agents agents;
    private final StatusWords statusWords;
    private final EnclaveMemory memory;
    private final Discovery discovery;
    private final StateTransfer transfer = new StateTransfer();
    private final Deque<Handoff> history = new ArrayDeque<>();
    private final List<PolicyRelease> good = new ArrayList<>();

    private volatile Generation leader;
    private volatile boolean leaving;
    private @Nullable Generation follower;
    private volatile @Nullable Handoff handoff;
    private volatile boolean resyncWanted;
    private volatile boolean fellBack;
    private volatile int cursor;
    private long ledSinceNs;
    private long leftAtNs;

    Lead(Enclave enclave, Agents agents, EnclaveMemory memory, Generation first) {
        this.enclave = enclave;
        this.agents = agents;
        this.memory = memory;
        statusWords = memory.statusWords();
        discovery = new Discovery(statusWords);
        leader = first;
        first.leads(true, memory);
    }

    Generation leader() {
        return leader;
    }

    @Nullable Handoff handoff() {
        return handoff;
    }

    List<Handoff> history() {
        return List.copyOf(history);
    }

    /** Whether agents must not overlap, because what they share is about to change. Any thread. */
    boolean mustBeAlone() {
        return handoff != null || resyncWanted || fellBack || leader.failure() != null;
    }

    /** A queue overflowed: {@link #resync} is to be called by an agent that is alone. */
    void wantResync() {
        resyncWanted = true;
    }

    boolean resyncWanted() {
        return resyncWanted;
    }

    /** Whether the agents must not wait, because a follower is catching up. */
    boolean mustHurry() {
        Handoff way = handoff;
        return resyncWanted || (!leaving && way != null && way.state() == HandoffState.FOLLOWING);
    }

    /** Whether the leader must begin no further pass: its follower waits for the last one to end. */
    boolean leaving() {
        return leaving;
    }

    // ---- the way of a message, and of an outcome

    /**
     * Shows a message to the leader, then to the follower; frees the status word of a task that is gone.
     *
     * @return whether it was news
     */
    boolean message(int queueCpu, Message message) {
        Generation leads = leader;
        int type = message.type();
        boolean task = MessageType.isTask(type);
        if (task && statusWords.gtid(message.statusWord()) != message.gtid()) {
            return false; // of a task that a resync has found gone
        }
        if (type == MessageType.TASK_NEW && !leads.knows(message.statusWord())) {
            memory.clear(message.statusWord());
        }
        boolean news = leads.dispatch(queueCpu, message);
        if (follower != null) {
            showFollower(follower, queueCpu, message);
        }
        if (type == MessageType.TASK_DEAD || type == MessageType.TASK_DEPARTED) {
            agents.taskGone(message.statusWord());
        } else if (task) {
            int sendsTo = agents.taskSeen(leads, queueCpu, message);
            if (sendsTo != queueCpu) {
                moved(message.statusWord(), sendsTo);
            }
        }
        return news;
    }

    private void showFollower(Generation generation, int queueCpu, Message message) {
        try {
            generation.dispatch(queueCpu, message);
        } catch (Throwable t) { // a follower's fault is its own
            followerFailed(generation, t);
        }
    }

    void committed(int agentCpu, int cpu, long gtid, TransactionState state) {
        Generation decided = leader;
        try {
            decided.committed(agentCpu, cpu, gtid, state);
        } catch (Throwable t) { // thrown by the callback for an outcome
            leaderFailed(decided, t);
        }
        Generation follows = follower;
        if (follows != null) {
            try {
                follows.committed(agentCpu, cpu, gtid, state);
            } catch (Throwable t) { // a follower's fault is its own
                followerFailed(follows, t);
            }
        }
    }

    /** A task sends to another CPU's queue from now on: a per-CPU follower hands it to that CPU's instance. */
    void moved(int statusWord, int toCpu) {
        int fromCpu = agents.owner(statusWord);
        agents.own(statusWord, toCpu);
        Generation follows = follower;
        if (follows == null || follows.isGlobal() || fromCpu == toCpu || !follows.knows(statusWord)) {
            return;
        }
        try {
            Callbacks.call(follows.instance(fromCpu), MessageType.TASK_DEPARTED,
                    discovery.taskDeparted(statusWord, enclave.clock()));
            follows.show(toCpu, discovery.taskNew(statusWord, enclave.clock()));
        } catch (Throwable t) { // a follower's fault is its own
            followerFailed(follows, t);
        }
    }

    // ---- catching up

    /** Shows the follower some of the tasks that it has not met yet. */
    void follow() {
        Generation follows = follower;
        if (follows == null || cursor >= statusWords.capacity()) {
            return;
        }
        try {
            int next = cursor;
            int end = Math.min(next + MAX_DISCOVERED_PER_PASS, statusWords.capacity());
            while (next < end) {
                discover(follows, next++);
            }
            if (end == statusWords.capacity()) {
                follows.discovered(enclave.cpuSet());
            }
            cursor = end;
        } catch (Throwable t) { // a follower's fault is its own
            followerFailed(follows, t);
        }
    }

    /** A queue overflowed: everybody is shown every task as it is now; one whose end was lost is told as dead. */
    void resync() {
        resyncWanted = false;
        LOG.warn("enclave {}: a queue overflowed, reading the status words again", enclave.id());
        for (int word = 0; word < statusWords.capacity(); word++) {
            if (statusWords.isTask(word)) {
                if (!leader.knows(word)) {
                    memory.clear(word); // its NEW was lost
                }
                show(word);
            } else if (leader.knows(word)) {
                message(agents.owner(word), discovery.taskDead(word, enclave.clock()));
            } else if ((statusWords.flags(word) & StatusWordLayout.FLAG_CAN_FREE) != 0) {
                agents.taskGone(word); // it came and went, and nobody was told
            }
        }
        leader.discovered(enclave.cpuSet());
        agents.pingAll(); // what this agent has shown to other CPUs' instances is news for their agents
        Generation follows = follower;
        if (follows != null && cursor >= statusWords.capacity()) {
            try {
                follows.discovered(enclave.cpuSet());
            } catch (Throwable t) { // a follower's fault is its own
                followerFailed(follows, t);
            }
        }
    }

    private void show(int word) {
        leader.show(agents.owner(word), discovery.taskNew(word, enclave.clock()));
        Generation follows = follower;
        if (follows != null) {
            try {
                follows.show(agents.owner(word), discovery.taskNew(word, enclave.clock()));
            } catch (Throwable t) { // a follower's fault is its own
                followerFailed(follows, t);
            }
        }
    }

    /** A task that the leader does not know is left out: its NEW is on its way and will be shown to both. */
    private void discover(Generation generation, int word) {
        if (leader.knows(word) && !generation.knows(word)) {
            generation.show(agents.owner(word), statusWords.isTask(word)
                    ? discovery.taskNew(word, enclave.clock()) : discovery.taskLeaving(word, enclave.clock()));
        }
    }

    // ---- the lead passes

    /** Lets {@code next} follow; it leads as soon as it can. */
    void start(Generation next, Handoff way) {
        endProbation();
        follower = next;
        handoff = way;
        cursor = 0;
        remember(way);
        way.advance(Event.FOLLOW);
        try {
            next.attached(agents, enclave.cpuSet());
        } catch (Throwable t) { // a follower's fault is its own
            followerFailed(next, t);
        }
        agents.pingAll();
    }

    /**
     * Between two passes: the only place where the lead passes.
     *
     * @param decided whether the pass that has just ended was one of the leader
     * @return whether the agents must look again at once
     */
    boolean safePoint(boolean decided) {
        if (leader.failure() != null) {
            recover();
            return true;
        }
        Handoff way = handoff;
        if (way == null) {
            return takeLastGood();
        }
        switch (way.state()) {
            case FOLLOWING -> {
                if (follower == null || cursor < statusWords.capacity()) {
                    return true;
                }
                leaving = true; // pairs with the agent loops: they say that a pass begins, then look here
                if (!agents.anyMidPass()) {
                    lead(way, follower);
                }
            }
            case ONLINE -> {
                if (decided) {
                    way.blackoutNs(System.nanoTime() - leftAtNs);
                    way.advance(Event.FIRST_PASS);
                }
            }
            case PROBATION -> {
                if (enclave.clock() >= probationEndNs()) {
                    endProbation();
                }
            }
            default -> throw new AssertionError("a handoff under way is " + way.state());
        }
        return false;
    }

    /** When the agents must make a pass whatever happens, ns. */
    long deadlineNs() {
        Handoff way = handoff;
        return way != null && way.state() == HandoffState.PROBATION ? probationEndNs() : Long.MAX_VALUE;
    }

    private long probationEndNs() {
        return ledSinceNs + PROBATION_NS;
    }

    private void lead(Handoff way, Generation next) {
        Generation old = leader;
        leftAtNs = System.nanoTime();
        way.tasks(old.taskCount(), next.taskCount());
        transfer.transfer(old, next, enclave.cpuSet());
        follower = old;
        way.advance(Event.LEAD);
        install(old, next);
    }

    private void install(Generation old, Generation next) {
        agents.abandonAll();
        leaving = false;
        old.leads(false, memory);
        next.leads(true, memory);
        leader = next;
        ledSinceNs = enclave.clock();
        agents.led(old, next);
        try {
            agents.setMode(next);
            agents.tellLead(next);
        } catch (Throwable t) { // thrown by the policy's lead callback, or the backend cannot do what it promised
            leaderFailed(next, t);
            recover();
        }
    }

    /** The leader of a probation stays for good, because its time is over or another roll begins. */
    private void endProbation() {
        Handoff way = handoff;
        if (way != null && way.state() == HandoffState.ONLINE) {
            way.advance(Event.FIRST_PASS);
        }
        if (way != null && way.state() == HandoffState.PROBATION) {
            way.advance(Event.HEALTHY);
            good.remove(leader.release());
            good.add(leader.release());
            retire(follower);
            follower = null;
            handoff = null;
        }
    }

    // ---- when things go wrong

    void leaderFailed(Generation generation, Throwable thrown) {
        if (generation.failure() == null) {
            generation.failed(text(generation, thrown));
        }
    }

    private void followerFailed(Generation generation, Throwable thrown) {
        generation.failed(text(generation, thrown));
        LOG.error("enclave {} follower {}: {}", enclave.id(), generation.number(), generation.failure());
        follower = null;
        Handoff way = handoff;
        if (way != null && way.state() == HandoffState.FOLLOWING) {
            if (!leader.release().equals(generation.release())) {
                enclave.reject(generation.release());
            }
            way.fail(Outcome.ROLLED_BACK, text(generation, thrown));
            stay();
        }
        retire(generation);
    }

    /** The leader stays, because nobody follows any more. */
    private void stay() {
        handoff = null;
        leaving = false;
        fellBack = true;
        agents.pingAll();
    }

    private void recover() {
        Generation failed = leader;
        String reason = String.valueOf(failed.failure());
        LOG.error("enclave {} generation {} put out: {}", enclave.id(), failed.number(), reason);
        if (failed.release().factory() instanceof BuiltInFifo) {
            enclave.destroyBecause("the built-in FIFO failed: " + reason);
            return;
        }
        if (follower == null || !follower.release().equals(failed.release())) { // else its configuration is at fault
            enclave.reject(failed.release());
            good.remove(failed.release());
        }
        replace(failed, Outcome.ROLLED_BACK, reason);
        fellBack = true;
    }

    /** The built-in FIFO is to bridge a gap only: the last good release follows, if there is one. */
    private boolean takeLastGood() {
        boolean take = fellBack && leader.release().factory() instanceof BuiltInFifo && !good.isEmpty();
        fellBack = false;
        if (take) {
            enclave.reattach(good.getLast());
        }
        return take;
    }

    /** Puts the predecessor in charge if it still follows, else the built-in FIFO. */
    private void replace(Generation out, Outcome outcome, String reason) {
        Handoff way = handoff;
        Generation predecessor = null;
        leftAtNs = System.nanoTime();
        if (way != null && way.state() != HandoffState.FOLLOWING) {
            predecessor = follower;
            follower = null;
            handoff = null;
            way.fail(outcome, reason);
        }
        if (predecessor == null) {
            bridge(out, outcome, reason);
        } else {
            install(out, predecessor);
        }
        retire(out);
    }

    private void bridge(Generation out, Outcome outcome, String reason) {
        Generation fifo = enclave.newFifo();
        Handoff fall = enclave.newHandoff(out, fifo);
        fall.advance(Event.PREPARED);
        fall.advance(Event.FOLLOW);
        fifo.attached(agents, enclave.cpuSet());
        for (int word = 0; word < statusWords.capacity(); word++) {
            discover(fifo, word);
        }
        fifo.discovered(enclave.cpuSet());
        fall.tasks(out.taskCount(), fifo.taskCount());
        fall.advance(Event.LEAD);
        install(out, fifo);
        fall.blackoutNs(System.nanoTime() - leftAtNs);
        fall.because(outcome, reason);
        fall.advance(Event.FIRST_PASS);
        fall.advance(Event.HEALTHY);
        remember(fall);
    }

    /** The release is no longer to be had: its bundle stops. When this returns, none of its code runs here. */
    void remove(PolicyRelease release) {
        good.remove(release);
        String reason = release.id() + " was taken out";
        Generation follows = follower;
        if (follows != null && follows.release().equals(release)) {
            Handoff way = handoff;
            if (way != null && way.state() == HandoffState.FOLLOWING) {
                way.fail(Outcome.REMOVED, reason);
                stay();
            } else {
                endProbation();
            }
            if (follower != null) {
                follower = null;
                retire(follows);
            }
        }
        if (leader.release().equals(release)) {
            replace(leader, Outcome.REMOVED, reason);
        }
    }

    private void remember(Handoff way) {
        if (history.size() == MAX_HISTORY) {
            history.removeFirst();
        }
        history.addLast(way);
    }

    private void retire(@Nullable Generation generation) {
        if (generation != null) {
            enclave.retired(generation);
        }
    }

    private static String text(Generation generation, Throwable thrown) {
        return generation.release().id() + " threw " + Thrown.text(thrown);
    }
}
