package org.ghosthost.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ghosthost.metrics.RunRecorder;
import org.ghosthost.policy.TransactionState;
import org.junit.jupiter.api.Test;

class ResultTest {

    @Test
    void theTableIsAligned() {
        assertEquals("""
                edf 1.0.0 on 2 CPUs
                note: locks are not simulated

                time          1ms simulated in 2ms
                events        10 (5k/s), trace hash 00000000000000ff
                tasks         2 created, 0 exited, 2 live, 0 lost
                messages      7
                transactions  2 COMPLETE, 1 TARGET_STALE

                roll        from         to      outcome  blackout     tasks
                500us  edf 1.0.0  edf 1.1.0  rolled back    12.3us  25 -> 25
                  at 500us: edf 1.1.0 threw

                                             ---------- wake-up -----------  --------- run delay ----------\
                  ------- turnaround -------   deadlines
                task      cpu  switch  migr     p50     p99   p99.9     max     p50     p99   p99.9     max\
                    p50    p99  p99.9    max  due  missed
                first   100us       2     1    10us    10us    10us    10us    10us    10us    10us    10us\
                  110us  110us  110us  110us    1       1
                second   50us       1     0  49.9us  49.9us  49.9us  49.9us  49.9us  49.9us  49.9us  49.9us\
                      -      -      -      -    0       0
                total   150us       3     1    10us  49.9us  49.9us  49.9us    10us  49.9us  49.9us  49.9us\
                  110us  110us  110us  110us    1       1
                """, ResultTable.of(result(), true));
    }

    @Test
    void theTableShowsTheFirstTasksUnlessAllAreAskedFor() {
        RunRecorder recorder = new RunRecorder("p");
        for (int task = 0; task < 30; task++) {
            recorder.taskCreated(task, "task-with-a-very-long-name-" + task);
        }
        SimulationResult some = result(recorder, List.of());
        String text = ResultTable.of(some, false);
        assertTrue(text.endsWith("10 more tasks; --all-tasks shows them\n"), text);
        assertTrue(text.contains("\ntask-with-a-very-lo~ "), text);
        assertEquals(10, ResultTable.of(some, true).lines().count() - text.lines().count() + 1);
    }

    @Test
    void theJsonHasEveryFieldUnderItsName() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ResultJson.write(result(), out);
        Map<String, String> values = flatten(out.toByteArray());
        Map.ofEntries(Map.entry("/trace_hash", "00000000000000ff"), Map.entry("/events", "10"),
                Map.entry("/wall_ns", "2000000"), Map.entry("/tasks/created", "2"), Map.entry("/tasks/exited", "0"),
                Map.entry("/tasks/live", "2"), Map.entry("/tasks/lost", "0"), Map.entry("/messages", "7"),
                Map.entry("/transactions/COMPLETE", "2"), Map.entry("/transactions/TARGET_STALE", "1"),
                Map.entry("/transactions/POISONED", "0"), Map.entry("/latency_ns/wakeup/count", "2"),
                Map.entry("/latency_ns/wakeup/max", "49900"), Map.entry("/latency_ns/run_delay/mean", "29950"),
                Map.entry("/latency_ns/turnaround/p99.9", "110000"), Map.entry("/deadlines/due", "1"),
                Map.entry("/deadlines/missed", "1"), Map.entry("/deadlines/phases/0/policy", "edf 1.0.0"),
                Map.entry("/deadlines/phases/0/missed", "1"), Map.entry("/rolls/0/from", "edf 1.0.0"),
                Map.entry("/rolls/0/to", "edf 1.1.0"), Map.entry("/rolls/0/outcome", "rolled back"),
                Map.entry("/rolls/0/blackout_ns", "12345"), Map.entry("/rolls/0/tasks_before", "25"),
                Map.entry("/rolls/0/tasks_after", "25"), Map.entry("/bytes_allocated_per_decision", "0.5"),
                Map.entry("/per_task/1/name", "second"), Map.entry("/per_task/1/latency_ns/wakeup/p50", "49900"),
                Map.entry("/remarks/0", "locks are not simulated"))
                .forEach((name, value) -> assertEquals(value, values.get(name), name));
    }

    @Test
    void numbersHaveThreeDigitsAndAUnit() {
        assertEquals("0ns", Units.time(0));
        assertEquals("999ns", Units.time(999));
        assertEquals("1us", Units.time(1_000));
        assertEquals("12.3us", Units.time(12_345));
        assertEquals("1ms", Units.time(999_900));
        assertEquals("12300s", Units.time(12_345_000_000_000L));
        assertEquals("-", Units.time(-1));
        assertEquals("4.25M", Units.count(4_250_000.4));
        assertEquals("0 %", Units.percent(0));
        assertEquals("100 %", Units.percent(1));
        assertEquals("0.0012 %", Units.percent(0.000012));
    }

    private static SimulationResult result() {
        RunRecorder recorder = new RunRecorder("edf 1.0.0");
        recorder.taskCreated(0, "first");
        recorder.taskCreated(1, "second");
        recorder.jobStart(0, 0, 100_000, 0);
        recorder.runnable(0, 0);
        recorder.runnable(1, 100);
        recorder.onCpu(0, 0, 10_000);
        recorder.offCpu(0, false, 50_000);
        recorder.onCpu(1, 1, 50_000);
        recorder.onCpu(0, 1, 50_000);
        recorder.offCpu(1, false, 100_000);
        recorder.offCpu(0, false, 110_000);
        recorder.jobEnd(0, 110_000);
        return result(recorder, List.of(new RollResult(500_000, "edf 1.0.0", "edf 1.1.0", "rolled back",
                "edf 1.1.0 threw", 12_345, 25, 25, 2)));
    }

    private static SimulationResult result(RunRecorder recorder, List<RollResult> rolls) {
        Map<TransactionState, Long> transactions = new EnumMap<>(TransactionState.class);
        transactions.put(TransactionState.COMPLETE, 2L);
        transactions.put(TransactionState.TARGET_STALE, 1L);
        return new SimulationResult("edf 1.0.0 on 2 CPUs", "w.json", "edf 1.0.0", 2, 1, 255, 10, 2_000_000, 0, 7,
                transactions, rolls, 0.5, recorder.summary(1_000_000), List.of("locks are not simulated"));
    }

    /** Every value of a JSON document by its path. */
    static Map<String, String> flatten(byte[] json) throws IOException {
        Map<String, String> values = new TreeMap<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    values.put(parser.getParsingContext().pathAsPointer().toString(), parser.getText());
                }
            }
        }
        return values;
    }
}
