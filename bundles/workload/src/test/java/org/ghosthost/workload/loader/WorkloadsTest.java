package org.ghosthost.workload.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadsTest {
    private static final String TRACE = """
            a-1 [000] 1.000000: sched_switch: swapper:0 [120] R ==> a:1 [120]
            a-1 [000] 1.000010: sched_switch: a:1 [120] X ==> swapper:0 [120]
            """;

    @TempDir
    private Path folder = Path.of("");

    private Path write(final String name, final byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private Path write(final String name, final String text) throws IOException {
        return write(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(final String text) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String errorOf(final Path path) {
        return assertThrows(WorkloadException.class, () -> Workloads.load(path)).getMessage();
    }

    @Test
    void theKindOfAFileIsFoundByItsContentNotByItsName() throws IOException {
        final Workload json = Workloads.load(write("x.trace", "\uFEFF  // c\n {\"tasks\": {\"t\": {\"run\": 1}}}"));
        assertEquals("t", json.tasks(1).getFirst().name());
        final Workload trace = Workloads.load(write("x.json", TRACE));
        assertEquals("a", trace.tasks(1).getFirst().name());
        assertEquals("a", Workloads.load(write("y", gzip(TRACE))).tasks(1).getFirst().name());
        assertEquals("t", Workloads.load(write("z", gzip("{\"tasks\": {\"t\": {\"run\":"
                + " 1}}}"))).tasks(1).getFirst().name());
    }

    @Test
    void aTextIsAGeneratorOrAPath() throws IOException {
        assertEquals(2, Workloads.parse("spin:tasks=2").tasks(1).size());
        assertEquals("a", Workloads.parse(write("x", TRACE).toString()).tasks(1).getFirst().name());
        assertEquals("a", Workloads.parse("x", folder).tasks(1).getFirst().name());
        assertEquals("no generator is called \"burn\"; there are periodic, poisson and spin",
                assertThrows(WorkloadException.class, () -> Workloads.parse("burn:a=1")).getMessage());
        assertEquals("\"a?b\" is neither a file nor a generator such as spin:tasks=10,run=1ms",
                assertThrows(WorkloadException.class, () -> Workloads.parse("a\0b")).getMessage());
    }

    @Test
    void filesThatCannotBeReadAreNamed() throws IOException {
        assertTrue(errorOf(folder.resolve("none")).startsWith("there is no file \""));
        assertTrue(errorOf(folder).endsWith("\" is not a regular file; name one"));
        assertEquals("e: neither an rt-app file nor a trace with sched_switch events; record sched_switch,"
                + " sched_waking,"
                + " sched_wakeup_new, sched_process_fork and sched_process_exit", errorOf(write("e", "")));
        assertEquals("bad.gz: the gzip data is damaged; get the file again",
                errorOf(write("bad.gz", new byte[] {0x1f, (byte) 0x8b, 99, 1, 2, 3, 4, 5, 6, 7, 8, 9})));
        assertEquals("big.json: larger than 16 MiB, which no rt-app file needs; make it smaller",
                errorOf(write("big.json", gzip("{" + " ".repeat(17 << 20)))));
    }

    @Test
    void aTraceWhoseCompressedEndIsMissingIsReplayedAsFarAsItGoes() throws IOException {
        final byte[] whole = gzip(TRACE.repeat(5_000));
        final Workload workload = Workloads.load(write("cut.gz", Arrays.copyOf(whole, whole.length / 2)));
        assertEquals("cut.gz: the compressed data ends too early; what is there is replayed",
                workload.remarks().getFirst());
        assertEquals("cannot read \"" + folder.resolve("tiny.gz") + "\": it ends too early",
                errorOf(write("tiny.gz", Arrays.copyOf(whole, 5))));
    }
}
