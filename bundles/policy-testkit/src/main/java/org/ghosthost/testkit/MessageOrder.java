package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;

/**
 * Whether the messages of each task are in an order that a kernel side can produce: NEW first and once, sequence
 * numbers that rise, wake-ups only of sleepers, nothing after DEAD or DEPARTED but a new NEW.
 */
public final class MessageOrder {
    private enum Where {
        UNKNOWN, BLOCKED, RUNNABLE
    }

    private static final class State {
        Where where = Where.UNKNOWN;
        int seqnum;
    }

    private MessageOrder() {}

    /** Fails with the task's whole story if the order is none. */
    public static void check(List<SeenMessage> messages) {
        Map<Long, State> states = new LinkedHashMap<>();
        for (SeenMessage message : messages) {
            if (MessageType.isTask(message.type())) {
                State state = states.computeIfAbsent(message.gtid(), gtid -> new State());
                String wrong = step(state, message);
                if (!wrong.isEmpty()) {
                    fail(wrong + " at " + message + " of " + story(messages, message.gtid()));
                }
            }
        }
    }

    private static String step(State state, SeenMessage message) {
        if (message.type() == MessageType.TASK_NEW) {
            if (state.where != Where.UNKNOWN) {
                return "NEW of a known task";
            }
            state.seqnum = message.seqnum();
            state.where = message.runnable() ? Where.RUNNABLE : Where.BLOCKED;
            return "";
        }
        if (state.where == Where.UNKNOWN) {
            return "a message of a task that was never announced, or is gone";
        }
        if (message.seqnum() - state.seqnum <= 0) {
            return "a sequence number that does not rise";
        }
        state.seqnum = message.seqnum();
        return move(state, message);
    }

    private static String move(State state, SeenMessage message) {
        boolean blocked = state.where == Where.BLOCKED;
        return switch (message.type()) {
            case MessageType.TASK_WAKEUP -> {
                state.where = Where.RUNNABLE;
                yield blocked ? "" : "WAKEUP of a task that is not blocked";
            }
            case MessageType.TASK_BLOCKED -> {
                state.where = Where.BLOCKED;
                yield blocked ? "BLOCKED of a task that is blocked" : "";
            }
            case MessageType.TASK_PREEMPT, MessageType.TASK_YIELD ->
                blocked ? "a task that is blocked lost its CPU" : "";
            case MessageType.TASK_DEAD, MessageType.TASK_DEPARTED -> {
                state.where = Where.UNKNOWN;
                yield "";
            }
            default -> "";
        };
    }

    private static String story(List<SeenMessage> messages, long gtid) {
        return Gtid.toString(gtid) + ": " + messages.stream().filter(message -> message.gtid() == gtid).toList();
    }
}
