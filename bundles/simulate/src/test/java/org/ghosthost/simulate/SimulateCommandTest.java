package org.ghosthost.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ghosthost.metrics.ReadTrace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulateCommandTest {

    private static final String PERIODIC = "--workload periodic:tasks=30,utilisation=3 --cpus 4 --duration 300ms";

    @TempDir
    private Path folder;

    @Test
    void theSameCommandGivesTheSameTraceHashAlsoWithRolls() throws IOException {
        String command = PERIODIC + " --policy fifo-1.0.0.jar --roll 100ms=fifo-1.1.0.jar --roll 150ms=fifo-1.2.0.jar";
        Map<String, String> first = json(command);
        assertEquals(first.get("/trace_hash"), json(command).get("/trace_hash"));
        String requests = command.replace("periodic:tasks=30,utilisation=3", "poisson:rate=1000,mix=1.0x1ms,workers=9");
        assertNotEquals(json(requests).get("/trace_hash"), json(requests + " --seed 2").get("/trace_hash"));
        assertEquals("committed", first.get("/rolls/0/outcome"));
        assertEquals("fifo 1.0.0", first.get("/rolls/0/from"));
        assertEquals("fifo 1.1.0", first.get("/rolls/0/to"));
        assertEquals("100000000", first.get("/rolls/0/at_ns"));
        assertEquals("committed", first.get("/rolls/1/outcome"));
        assertEquals(first.get("/rolls/1/tasks_before"), first.get("/rolls/1/tasks_after"));
    }

    @Test
    void theTraceAndTheTableDoNotChangeWhatHappens() throws IOException {
        String command = PERIODIC + " --policy fifo-1.0.0.jar";
        String hash = json(command).get("/trace_hash");
        assertEquals(hash, json(command + " --trace t.pftrace").get("/trace_hash"));
        assertTrue(run(command + " --all-tasks").contains("trace hash " + hash));
    }

    @Test
    void anEventIsAMessageOrATransaction() throws IOException {
        Map<String, String> result = json(PERIODIC + " --policy fifo-1.0.0.jar");
        long transactions = result.entrySet().stream().filter(e -> e.getKey().startsWith("/transactions/"))
                .mapToLong(e -> Long.parseLong(e.getValue())).sum();
        assertTrue(transactions > 100, "transactions: " + transactions);
        assertEquals(Long.parseLong(result.get("/events")), Long.parseLong(result.get("/messages")) + transactions);
        assertEquals("300000000", result.get("/duration_ns"));
        assertEquals("30", result.get("/tasks/live"));
        assertEquals("0", result.get("/tasks/lost"));
        assertTrue(Double.parseDouble(result.get("/bytes_allocated_per_decision")) >= 0);
    }

    @Test
    void aReleaseThatThrowsIsRolledBackAndNothingIsLost() throws IOException {
        Map<String, String> result = json(PERIODIC + " --policy fifo-1.0.0.jar --roll 100ms=throws-1.1.0.jar");
        assertEquals("rolled back", result.get("/rolls/0/outcome"));
        assertTrue(result.get("/rolls/0/reason").contains("this release is broken"), result.get("/rolls/0/reason"));
        assertEquals("30", result.get("/tasks/live"));
        assertEquals("0", result.get("/tasks/lost"));
        assertEquals(List.of("fifo 1.0.0", "fifo 1.1.0", "fifo 1.0.0"), phases(result));
    }

    @Test
    void aRunEndsWhenAllTasksHaveExited() throws IOException {
        workload("""
                {"tasks": {"short": {"instance": 3, "loop": 5, "run": 1000, "sleep": 1000}},
                 "global": {"duration": 10}}
                """);
        Map<String, String> result = json("--workload w.json --policy fifo-1.0.0.jar --cpus 2");
        assertEquals("3", result.get("/tasks/exited"));
        assertEquals("0", result.get("/tasks/live"));
        assertTrue(Long.parseLong(result.get("/duration_ns")) < 100_000_000, result.get("/duration_ns"));
        assertEquals("3", json("--workload w.json --policy fifo-1.0.0.jar --cpus 2 --roll 1s=fifo-1.1.0.jar")
                .get("/tasks/exited"));
    }

    /** Two tasks want 10 ms each, due after 15 ms, of the one CPU that the agent leaves: the second one waits. */
    @Test
    void aRunThatCanBeWorkedOutInTheHeadGivesWhatWasWorkedOut() throws IOException {
        workload("""
                {"tasks": {"job": {"instance": 2, "loop": 1, "policy": "SCHED_DEADLINE", "dl-runtime": 10000,
                                   "dl-period": 20000, "dl-deadline": 15000, "run": 10000}}}
                """);
        Map<String, String> result = json("--workload w.json --policy fifo-1.0.0.jar --cpus 2");
        assertEquals("2", result.get("/tasks/exited"));
        assertEquals("2", result.get("/switches"));
        assertEquals("0", result.get("/migrations"));
        assertEquals("2", result.get("/latency_ns/wakeup/count"));
        assertEquals("2", result.get("/deadlines/due"));
        assertEquals("1", result.get("/deadlines/missed"));
        assertEquals("0", result.get("/per_task/0/missed"));
        assertEquals("1", result.get("/per_task/1/missed"));
        for (String field : List.of("/latency_ns/wakeup/max", "/latency_ns/run_delay/max", "/per_task/0/cpu_ns",
                "/per_task/1/cpu_ns", "/per_task/0/latency_ns/turnaround/max")) {
            assertEquals(10_000_000, Double.parseDouble(result.get(field)), 20_000, field);
        }
        assertEquals(20_000_000, Double.parseDouble(result.get("/latency_ns/turnaround/max")), 40_000);
    }

    @Test
    void withoutAPolicyTheBuiltInFifoSchedules() throws IOException {
        Map<String, String> result = json(PERIODIC);
        assertEquals("built-in-fifo 1.0.0", result.get("/policy"));
        assertEquals("0", result.get("/tasks/lost"));
        assertEquals(List.of("built-in-fifo 1.0.0"), phases(result));
    }

    @Test
    void theTraceShowsEachCpuEachTaskAndTheRolls() throws IOException {
        run(PERIODIC + " --policy fifo-1.0.0.jar --roll 100ms=fifo-1.1.0.jar --trace t.pftrace");
        ReadTrace trace = new ReadTrace(Files.readAllBytes(folder.resolve("t.pftrace")));
        assertEquals(4, trace.parents.values().stream().filter("CPUs"::equals).count());
        assertEquals(30, trace.parents.values().stream().filter("Tasks"::equals).count());
        assertEquals(1, trace.instants.get("Rolls").size());
        assertEquals("fifo 1.1.0 leads", trace.instants.get("Rolls").getFirst().name());
        long busyNs = trace.slices.get("CPU 1").stream().mapToLong(s -> s.toNs() - s.fromNs()).sum();
        assertTrue(busyNs > 10_000_000 && busyNs <= 300_000_000, "CPU 1 busy: " + busyNs);
        assertTrue(trace.slices.get("CPU 0").stream().anyMatch(s -> s.name().equals("Agent")));
    }

    @Test
    void filesAreMadeOnlyWhenTheRunWasMade() throws IOException {
        assertThrows(SimulateException.class, () -> run(PERIODIC
                + " --policy picky-1.0.0.jar --profile sched_ext --json r.json --trace t.pftrace"));
        assertEquals(List.of(), files());
        run(PERIODIC + " --json r.json");
        assertEquals(List.of("r.json"), files());
        assertEquals("30", ResultTest.flatten(Files.readAllBytes(folder.resolve("r.json"))).get("/tasks/created"));
    }

    @Test
    void aFullDiskIsOneSentenceAndNoResult() throws IOException {
        assumeTrue(Files.exists(Path.of("/dev/full")));
        assertEquals("cannot write /dev/full: No space left on device; the file was not made",
                sentence(PERIODIC + " --trace /dev/full"));
        assertEquals("cannot write /dev/full: No space left on device; the file was not made",
                sentence(PERIODIC + " --json /dev/full"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --workload none.json | there is no file
            --workload nonsense:x=1 | no generator is called
            --workload bad.json | bad.json:1:
            --workload w.json --policy none-1.0.jar | there is no file none-1.0.jar
            --workload w.json --policy fifo-1.0.jar --cpus 1 | policy fifo 1.0.0 is global and needs 2 or more CPUs
            --workload w.json --policy picky-1.0.jar --profile sched_ext | policy fifo 1.0.0 needs switchto
            --workload w.json --policy fifo-1.0.jar --config speed=9 | unknown configuration key 'speed'
            --workload w.json --config speed=9 | --config is for a policy
            --workload w.json --policy fifo-1.0.jar --roll 9s=fifo-1.1.jar | the roll at 9s is not before the end
            --workload w.json --policy fifo-1.0.jar --roll 10ms=fifo-1.0.jar | the roll at 10ms cannot be made
            --workload w.json --costs rol=5 | --costs: unknown cost 'rol'
            --workload w.json --costs roll=-5 | --costs: cost 'roll' must be
            --workload w.json --costs roll=x | --costs roll: 'x' is not a whole number of ns
            --workload w.json --json no/where.json | cannot write
            --workload w.json --trace no/where.pftrace | cannot write
            """)
    void whatIsWrongIsSaidInOneSentence(String command, String start) throws IOException {
        workload("{\"tasks\": {\"t\": {\"run\": 1000, \"sleep\": 1000}}, \"global\": {\"duration\": 1}}");
        Files.writeString(folder.resolve("bad.json"), "{\"tasks\": ");
        String sentence = sentence(command);
        assertTrue(sentence.startsWith(start) || sentence.contains(start), sentence);
        assertFalse(sentence.contains("\n") || sentence.contains("Exception"), sentence);
    }

    private String sentence(String command) {
        return assertThrows(SimulateException.class, () -> run(command)).getMessage();
    }

    private void workload(String json) throws IOException {
        Files.writeString(folder.resolve("w.json"), json);
    }

    private static List<String> phases(Map<String, String> result) {
        return result.keySet().stream().filter(k -> k.matches("/deadlines/phases/[0-9]+/policy")).map(result::get)
                .toList();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private Map<String, String> json(String command) throws IOException {
        return ResultTest.flatten(run(command + " --json -").getBytes(StandardCharsets.UTF_8));
    }

    private String run(String command) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        new SimulateCommand(new TestPolicies(), folder, out)
                .run(SimulateOptions.parse(Arrays.asList(command.split(" "))));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
