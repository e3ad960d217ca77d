package org.ghosthost.kernel.sim;

import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_CAN_FREE;
import static org.ghosthost.policy.abi.StatusWordLayout.FLAG_IN_USE;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.workload.SchedulingClass;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of an enclave and their status words. A task that departs keeps its word until the policy frees it; till
 * then its messages are held back, even if it comes back (the gate).
 */
final class Members {
    private final Machine m;
    private final SimEnclave enclave;
    private @Nullable Task first;
    private int size;
    private long entered;
    private long died;
    private long departed;

    Members(Machine machine, SimEnclave enclave) {
        m = machine;
        this.enclave = enclave;
    }

    int size() {
        return size;
    }

    long entered() {
        return entered;
    }

    long died() {
        return died;
    }

    long departed() {
        return departed;
    }

    @Nullable Task first() {
        return first;
    }

    /** A living task of another class comes in; false if the enclave is gone or full. */
    boolean enter(Task t) {
        if (!admit(t)) {
            return false;
        }
        m.foreign.remove(t);
        m.ghost.entered(t);
        m.observer.classChanged(t.id, t.schedulingClass, enclave.id, m.now);
        return true;
    }

    /** Makes the task a member and gives it a status word. */
    boolean admit(Task t) {
        if (!enclave.alive) {
            return false;
        }
        int word = enclave.words.allocate(t, enclave.id, 0);
        if (word == StatusWordTable.NONE) {
            return false;
        }
        t.barrier = 0;
        t.statusWord = word;
        t.wordFlags = enclave.words.flags(word);
        t.enclave = enclave;
        t.queue = enclave.queues.defaultQueue();
        enclave.words.runtime(word, t.runtime);
        Task second = first;
        t.nextMember = second;
        if (second != null) {
            second.prevMember = t;
        }
        first = t;
        size++;
        entered++;
        return true;
    }

    void died(Task t, boolean heard) {
        died++;
        remove(t, heard);
    }

    /** If the policy hears of it, the task's messages wait until it frees the word. */
    void departed(Task t, boolean heard) {
        departed++;
        int word = t.statusWord;
        remove(t, heard);
        if (heard) {
            t.gatedWord = word;
            t.gateEnclave = enclave;
        }
    }

    private void remove(Task t, boolean heard) {
        Task before = t.prevMember;
        Task after = t.nextMember;
        if (before == null) {
            first = after;
        } else {
            before.nextMember = after;
        }
        if (after != null) {
            after.prevMember = before;
        }
        t.prevMember = null;
        t.nextMember = null;
        size--;
        if (!heard) {
            enclave.words.free(t.statusWord);
        }
        t.enclave = null;
        t.queue = null;
        t.statusWord = StatusWordTable.NONE;
        t.wordFlags = 0;
        t.newTask = false;
    }

    int freeWord(int index) {
        StatusWordTable words = enclave.words;
        if (index < 0 || index >= words.capacity()) {
            return -Errno.ENOENT.number();
        }
        Task owner = words.owner(index);
        int flags = words.flags(index);
        if (owner == null || (flags & FLAG_IN_USE) == 0) {
            return -Errno.EALREADY.number();
        }
        if ((flags & FLAG_CAN_FREE) == 0) {
            return -Errno.EINVAL.number();
        }
        words.free(index);
        if (owner.gatedWord == index && owner.gateEnclave == enclave) {
            openGate(owner);
        }
        return 0;
    }

    /** Puts those that wait for a CPU into the list, the one that waits longest first. */
    void fill(TaskList waiting) {
        List<Task> found = new ArrayList<>();
        for (Task t = first; t != null; t = t.nextMember) {
            if (t.state == Task.READY) {
                found.add(t);
            }
        }
        found.sort(Comparator.comparingLong((Task t) -> t.runnableSince).thenComparingInt(t -> t.id));
        found.forEach(waiting::addLast);
    }

    /** The one that waits longest for a CPU. */
    @Nullable Task longestWaiting() {
        Task longest = null;
        for (Task t = first; t != null; t = t.nextMember) {
            if (t.state == Task.READY && (longest == null || t.runnableSince < longest.runnableSince)) {
                longest = t;
            }
        }
        return longest;
    }

    /** The enclave is destroyed: all tasks go to the fair class, all gates open. */
    void release() {
        for (Task t = first; t != null; t = first) {
            m.ghost.depart(t);
            m.properties.moveToForeign(t, SchedulingClass.FAIR);
        }
        for (int i = 0; i < enclave.words.capacity(); i++) {
            Task owner = enclave.words.owner(i);
            if (owner != null && owner.gatedWord == i && owner.gateEnclave == enclave) {
                openGate(owner);
            }
        }
    }

    /** Messages of the thread flow again; if it came back meanwhile, this is said now. */
    private void openGate(Task t) {
        t.gatedWord = StatusWordTable.NONE;
        t.gateEnclave = null;
        if (t.enclave != null && !t.newTask && t.state != Task.DEAD) {
            m.messages.taskNew(t);
            if (m.invariants != null && t.isOnCpu()) {
                m.invariants.announcedRunning(t);
            }
        }
    }
}
