package org.ghosthost.workload.loader;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.ghosthost.workload.rtapp.RtAppLoader;
import org.ghosthost.workload.testing.TinyMachine;
import org.ghosthost.workload.trace.TraceLoader;
import org.junit.jupiter.api.Test;

/** Damaged files are refused with a sentence or run; nothing else ever happens, and it always ends. */
class FuzzTest {
    private static final long FRESH_SEED = System.nanoTime();
    private static final String RT_APP = """
            {
              "tasks": {
                "a": {"instance": 2, "priority": -5, "cpus": [0, 1], "loop": 20, "phases": {
                  "p": {"loop": 3, "lock": "m", "run": 10, "signal": "c", "run": 5, "unlock": "m", "barrier": "b"},
                  "q": {"policy": "SCHED_FIFO", "run": 7, "resume": "b", "timer": {"ref": "unique", "period": 50}}}},
                "b": {"loop": 9, "lock": "m", "wait": {"ref": "c", "mutex": "m"}, "unlock": "m", "run": 3, "suspend",
                  "sem_post": "s", "yield": "", "fork": "k", "sync": {"ref": "d", "mutex": "n"}},
                "c": {"delay": 5, "dl-deadline": 100, "sem_wait": "s", "runtime": 40, "sleep": 11, "broad": "d",
                  "timer": {"ref": "t", "period": 90, "mode": "absolute"}, "barrier": "b"},
                "k": {"instance": 0, "loop": 1, "run": 2}
              },
              "global": {"duration": 2, "default_policy": "SCHED_OTHER", "calibration": "CPU0"} // end
            }
            """;
    private static final List<String> WORDS = List.of("-1", "0", "99999999999999999999", "1e9", "null", "{}", "[]",
            "\"x\"", "\"\"", "true", ",", ":", "}", "{", "\"loop\": -1", "\"instance\": 100000", "\n", "/*", "//",
            "\"fork\": \"a\"", "==>", "sched_switch:", "[001]", "pid=1", "X", "swapper:0 [120]");

    @Test
    void damagedRtAppFilesAreRefusedOrRun() {
        for (final long seed : new long[] {1, 2, FRESH_SEED}) {
            final SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 400; i++) {
                final byte[] bytes = damage(RT_APP, random);
                check("seed " + seed + " round " + i, bytes, () -> RtAppLoader.load("f", bytes));
            }
        }
    }

    @Test
    void damagedTracesAreRefusedOrRun() throws IOException {
        final String trace = firstLines(400);
        for (final long seed : new long[] {3, FRESH_SEED}) {
            final SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 300; i++) {
                final byte[] bytes = damage(trace, random);
                check("seed " + seed + " round " + i, bytes,
                        () -> TraceLoader.load("f", new byte[0], new ByteArrayInputStream(bytes)));
            }
        }
    }

    /** Loads a file that may throw. */
    private interface Load {
        Workload load() throws IOException;
    }

    private static void check(final String what, final byte[] bytes, final Load load) {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            try {
                final Workload workload = load.load();
                workload.checkCpus(1_024);
                TinyMachine.run(workload, 3, 2_000_000);
            } catch (WorkloadException e) {
                final String message = String.valueOf(e.getMessage());
                assertTrue(message.startsWith("f") && message.length() < 400 && message.indexOf('\n') < 0,
                        () -> what + ": " + message);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(what + ":\n" + new String(bytes, StandardCharsets.ISO_8859_1), e);
            }
        });
    }

    private static byte[] damage(final String text, final SplittableRandom random) {
        final List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n")));
        final StringBuilder damaged = new StringBuilder();
        final int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            final int line = random.nextInt(lines.size());
            final String old = lines.get(line);
            final int from = random.nextInt(old.length() + 1);
            final int to = Math.min(old.length(), from + random.nextInt(12));
            switch (random.nextInt(6)) {
                case 0 -> lines.set(line, old.substring(0, from) + old.substring(to));
                case 1 -> lines.set(line, old.substring(0, from) + WORDS.get(random.nextInt(WORDS.size()))
                        + old.substring(to));
                case 2 -> lines.set(line, old.substring(0, from) + (char) random.nextInt(256) + old.substring(from));
                case 3 -> lines.add(random.nextInt(lines.size()), old);
                case 4 -> lines.set(line, old.replaceFirst("\\d+", Integer.toString(random.nextInt(200_000) - 50)));
                default -> lines.remove(line);
            }
        }
        lines.forEach(line -> damaged.append(line).append('\n'));
        final byte[] bytes = damaged.toString().getBytes(
                random.nextInt(20) == 0 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        return random.nextInt(10) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    private static String firstLines(final int count) throws IOException {
        final Path file = Path.of("../../distribution/src/main/examples/workloads/maven-build.trace.gz");
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readNBytes(count * 150), StandardCharsets.ISO_8859_1);
        }
    }
}
