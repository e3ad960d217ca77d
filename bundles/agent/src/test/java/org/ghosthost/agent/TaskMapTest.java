package org.ghosthost.agent;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.Message;
import org.ghosthost.policy.abi.MessageLayout;
import org.junit.jupiter.api.Test;

class TaskMapTest {
    private final TaskMap<Task> tasks = new TaskMap<>(5000, Task::new);

    private static Message message(long gtid, int statusWord, int seqnum) {
        MemorySegment record = Arena.ofAuto().allocate(MessageLayout.SIZE, MessageLayout.SIZE);
        record.set(JAVA_INT, MessageLayout.SEQNUM, seqnum);
        record.set(JAVA_LONG, MessageLayout.GTID, gtid);
        record.set(JAVA_INT, MessageLayout.STATUS_WORD, statusWord);
        return new Message().wrap(record, 0);
    }

    @Test
    void aMessageFindsItsTaskAndMovesItsSequenceNumberOn() {
        Task task = tasks.add(Gtid.of(1, 1), 4999, 1);
        assertSame(task, tasks.advance(message(Gtid.of(1, 1), 4999, 2)));
        assertEquals(2, task.seqnum());
    }

    @Test
    void aMessageAlreadySeenIsNoNews() {
        tasks.add(Gtid.of(1, 1), 3, 5);
        assertNull(tasks.advance(message(Gtid.of(1, 1), 3, 5)));
        assertNull(tasks.advance(message(Gtid.of(1, 1), 3, 4)));
    }

    @Test
    void sequenceNumbersMayWrapAround() {
        Task task = tasks.add(Gtid.of(1, 1), 3, -1);
        assertSame(task, tasks.advance(message(Gtid.of(1, 1), 3, 0)));
        assertNull(tasks.advance(message(Gtid.of(1, 1), 3, -1)));
    }

    @Test
    void aMessageOfAnUnknownTaskFindsNothing() {
        tasks.add(Gtid.of(1, 1), 3, 1);
        assertNull(tasks.advance(message(Gtid.of(1, 2), 3, 2)), "another thread with the same pid");
        assertNull(tasks.advance(message(Gtid.of(1, 1), 4, 2)), "another status word");
        assertNull(tasks.advance(message(Gtid.of(1, 1), -1, 2)), "no status word");
        assertNull(tasks.advance(message(Gtid.of(1, 1), Integer.MAX_VALUE, 2)), "a status word out of range");
        assertNull(tasks.find(Gtid.of(2, 1)));
    }

    @Test
    void theObjectOfAGoneTaskIsUsedAgain() {
        Task task = tasks.add(Gtid.of(1, 1), 3, 9);
        tasks.remove(task);
        assertNull(tasks.at(3));
        assertNull(tasks.find(Gtid.of(1, 1)));
        assertSame(task, tasks.add(Gtid.of(2, 1), 3, 1));
        assertEquals(1, task.seqnum());
        assertEquals(1, tasks.size());
    }

    @Test
    void aStatusWordBelongsToOneTask() {
        Task task = tasks.add(Gtid.of(1, 1), 3, 1);
        assertThrows(IllegalStateException.class, () -> tasks.add(Gtid.of(2, 1), 3, 1));
        tasks.remove(task);
        assertThrows(IllegalStateException.class, () -> tasks.remove(task));
    }

    @Test
    void aStatusWordOutOfRangeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> tasks.add(Gtid.of(1, 1), 5000, 1));
        assertThrows(IllegalArgumentException.class, () -> tasks.add(Gtid.of(1, 1), -1, 1));
    }

    @Test
    void itFindsByGtidWhateverComesAndGoes() {
        long seed = 3;
        Random random = new Random(seed);
        Map<Long, Task> expected = new HashMap<>();
        for (int step = 0; step < 50_000; step++) {
            String at = "seed " + seed + " step " + step;
            int word = random.nextInt(5000);
            Task known = tasks.at(word);
            if (known != null) {
                assertSame(known, expected.remove(known.gtid()), at);
                assertSame(known, tasks.find(known.gtid()), at);
                tasks.remove(known);
            } else {
                long gtid = Gtid.of(1 + word, step);
                expected.put(gtid, tasks.add(gtid, word, 1));
            }
            assertEquals(expected.size(), tasks.size(), at);
        }
        expected.forEach((gtid, task) -> assertSame(task, tasks.find(gtid)));
    }
}
