package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ghosthost.distribution.Product.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code ghost demo} and {@code ghost simulate} of the unpacked product. */
final class SimulateIT {

    @TempDir
    private Path folder;

    @Test
    void theDemoRollsTwiceUnderLoadAndLosesNothing() throws Exception {
        Outcome outcome = ghost("", "demo", "--json", "demo.json");
        assertEquals(0, outcome.status(), outcome.err());
        assertEquals("", outcome.err());
        assertTrue(outcome.out().contains("The enclave goes on under edf 1.1.0."), outcome.out());

        Map<String, String> json = Product.json(Files.readString(folder.resolve("demo.json")));
        assertEquals("0", json.get("/tasks_lost"));
        assertEquals("edf 1.0.0", json.get("/rolls/0/from"));
        assertEquals("edf 1.1.0", json.get("/rolls/0/to"));
        assertEquals("committed", json.get("/rolls/0/outcome"));
        assertEquals("edf 1.2.0", json.get("/rolls/1/to"));
        assertEquals("rolled back", json.get("/rolls/1/outcome"));
        assertFalse(json.containsKey("/rolls/2/to"));
        for (String roll : List.of("/rolls/0", "/rolls/1")) {
            assertEquals(json.get("/tasks"), json.get(roll + "/tasks_before"));
            assertEquals(json.get("/tasks"), json.get(roll + "/tasks_after"));
            assertTrue(Long.parseLong(json.get(roll + "/blackout_ns")) > 0);
        }
        assertTrue(Long.parseLong(json.get("/deadline_misses/0/missed")) > 100, "1.0.0 misses deadlines");
        assertEquals("edf 1.1.0", json.get("/deadline_misses/1/policy"));
        long missed = Long.parseLong(json.get("/deadline_misses/1/missed"));
        assertTrue(missed < 20, "1.1.0 misses next to none, but for those of the time before it: " + missed);
    }

    /** Twenty runs of a command in all modes of the JVM take minutes; the modes once each show the same. */
    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseSerialGC", "-XX:+UseZGC", "-XX:TieredStopAtLevel=1", "-Xint"})
    void theTraceHashDependsOnNoModeOfTheJvm(String mode) throws Exception {
        Map<String, String> result = simulate(mode);
        assertEquals(simulate("").get("/trace_hash"), result.get("/trace_hash"));
        assertEquals("committed", result.get("/rolls/0/outcome"));
    }

    @Test
    void whatIsWrongIsOneSentenceAndNoFile() throws Exception {
        for (List<String> arguments : List.of(
                List.of("--workload", "none.json", "--json", "r.json"),
                List.of("--workload", Product.DEADLINES.toString(), "--policy", "none.jar", "--json", "r.json"),
                List.of("--workload", Product.DEADLINES.toString(), "--frobnicate"))) {
            List<String> words = new ArrayList<>(List.of("simulate"));
            words.addAll(arguments);
            Outcome outcome = ghost("", words.toArray(String[]::new));
            assertTrue(outcome.status() != 0);
            assertTrue(outcome.err().startsWith("ghost: ") && outcome.err().lines().count() == 1, outcome.err());
            assertEquals("", outcome.out());
            assertFalse(Files.exists(folder.resolve("r.json")));
        }
    }

    @Test
    void aFullDiskIsOneSentence() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")));
        Outcome outcome = ghost("", "simulate", "--workload", "spin:tasks=9,run=1ms,sleep=1ms", "--duration", "1s",
                "--trace", "/dev/full");
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().startsWith("ghost: cannot write /dev/full: ") && outcome.err().lines().count() == 1,
                outcome.err());
    }

    private Map<String, String> simulate(String javaOptions) throws Exception {
        Path json = folder.resolve("result.json");
        Outcome outcome = ghost(javaOptions, "simulate", "--cpus", "8", "--policy", "policy-edf.jar", "--workload",
                Product.DEADLINES.toString(), "--duration", "500ms", "--roll", "200ms=policy-edf-1.1.0.jar", "--json",
                json.toString());
        assertEquals(0, outcome.status(), outcome.err());
        return Product.json(Files.readString(json));
    }

    private Outcome ghost(String javaOptions, String... arguments) throws Exception {
        return Product.run(folder, javaOptions, "", List.of(arguments));
    }
}
