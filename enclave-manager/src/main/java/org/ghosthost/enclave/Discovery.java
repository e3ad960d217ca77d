package org.ghosthost.enclave;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.abi.Longs;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;

/** Makes messages out of status words: the state of a task without its history. One thread. */
final class Discovery {
    private final StatusWords statusWords;
    private final MemorySegment record = Arena.ofAuto().allocate(MessageLayout.SIZE, MessageLayout.SIZE);
    private final Longs words = new Longs(record);
    private final Message message = new Message();

    Discovery(StatusWords statusWords) {
        this.statusWords = statusWords;
    }

    /** A NEW that says how the task is at this moment; its seqnum is the barrier that belongs to what it says. */
    Message taskNew(int word, long now) {
        int barrier;
        int flags;
        do {
            barrier = statusWords.barrier(word);
            flags = statusWords.flags(word);
        } while (barrier != statusWords.barrier(word));
        int type = MessageType.TASK_NEW;
        int messageFlags = ((flags & StatusWordLayout.FLAG_RUNNABLE) != 0 ? MessageLayout.FLAG_RUNNABLE : 0)
                | ((flags & StatusWordLayout.FLAG_ON_CPU) != 0 ? MessageLayout.FLAG_ON_CPU : 0);
        return message(type, messageFlags, barrier, word, now);
    }

    /** A NEW for a task that has died or departed, as it was before that; the message that tells so is on its way. */
    Message taskLeaving(int word, long now) {
        return message(MessageType.TASK_NEW, 0, statusWords.barrier(word) - 1, word, now);
    }

    /** A DEAD for a task whose own message was lost. */
    Message taskDead(int word, long now) {
        return message(MessageType.TASK_DEAD, 0, statusWords.barrier(word) + 1, word, now);
    }

    /** A DEPARTED for a task that goes to another instance of the same generation. */
    Message taskDeparted(int word, long now) {
        return message(MessageType.TASK_DEPARTED, 0, statusWords.barrier(word) + 1, word, now);
    }

    private Message message(int type, int flags, int seqnum, int word, long now) {
        record.fill((byte) 0);
        record.set(JAVA_SHORT, MessageLayout.TYPE, (short) type);
        record.set(JAVA_SHORT, MessageLayout.FLAGS, (short) flags);
        record.set(JAVA_INT, MessageLayout.SEQNUM, seqnum);
        record.set(JAVA_LONG, MessageLayout.GTID, statusWords.gtid(word));
        record.set(JAVA_INT, MessageLayout.CPU, statusWords.cpu(word));
        record.set(JAVA_INT, MessageLayout.STATUS_WORD, word);
        record.set(JAVA_LONG, MessageLayout.RUNTIME, statusWords.runtimeNs(word));
        record.set(JAVA_INT, MessageLayout.NICE, statusWords.nice(word));
        record.set(JAVA_LONG, MessageLayout.TIME, now);
        return message.wrap(words, 0);
    }
}
