package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.PrioTableLayout;
import org.ghosthost.policy.priotable.SchedItem;
import org.ghosthost.policy.priotable.UpdateReader;
import org.ghosthost.policy.priotable.WorkClass;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.testkit.MembershipKernel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The C library against a host's real socket and against the Java side of the memory it shares. */
final class ClientLibraryTest {
    private static final Path LIBRARY = Path.of("../distribution/client");
    private static final int NOT_FOUND = 127;

    @TempDir
    static Path built;

    @TempDir
    Path folder;

    private final MembershipKernel kernel = new MembershipKernel(4);
    private final EnclaveManager enclaves = new EnclaveManager(kernel, 1, null);
    private Path socket;
    private ClientServer server;

    @BeforeAll
    static void compile() throws Exception {
        assumeTrue(status("sh", "-c", "command -v cc") == 0, "there is no C compiler here");
        assertEquals(0, status("cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread",
                "-I" + LIBRARY, "src/test/c/client.c", LIBRARY.resolve("ghost_client.c").toString(),
                "-o", built.resolve("client").toString()));
    }

    private static int status(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return process.exitValue();
    }

    @BeforeEach
    void start() throws Exception {
        socket = folder.resolve("client");
        enclaves.create(3, CpuSet.range(0, 1));
        server = ClientServer.start(enclaves, socket);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        enclaves.close();
    }

    private static Process client(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = built.resolve("client").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String line(BufferedReader from) throws IOException {
        String line = from.readLine();
        assertNotNull(line, "the client ended");
        return line;
    }

    @Test
    void theLayoutIsThatOfTheJavaSide() throws Exception {
        Map<String, Integer> offsets = new TreeMap<>();
        for (String text : client("layout").inputReader().readAllLines()) {
            String[] words = text.split(" ", -1);
            offsets.put(words[0], Integer.valueOf(words[1]));
        }
        Map<String, Integer> expected = new TreeMap<>(Map.ofEntries(
                Map.entry("ghost_table_header", PrioTableLayout.HEADER_BYTES),
                Map.entry("ghost_table_header.version", PrioTableLayout.VERSION_OFFSET),
                Map.entry("ghost_table_header.header_length", PrioTableLayout.HEADER_LENGTH_OFFSET),
                Map.entry("ghost_table_header.table_length", PrioTableLayout.TABLE_LENGTH_OFFSET),
                Map.entry("ghost_table_header.item_count", PrioTableLayout.ITEM_COUNT_OFFSET),
                Map.entry("ghost_table_header.items_offset", PrioTableLayout.ITEMS_OFFSET),
                Map.entry("ghost_table_header.class_count", PrioTableLayout.CLASS_COUNT_OFFSET),
                Map.entry("ghost_table_header.classes_offset", PrioTableLayout.CLASSES_OFFSET),
                Map.entry("ghost_table_header.stream_capacity", PrioTableLayout.STREAM_CAPACITY_OFFSET),
                Map.entry("ghost_table_header.stream_offset", PrioTableLayout.STREAM_OFFSET),
                Map.entry("ghost_sched_item", PrioTableLayout.ITEM_BYTES),
                Map.entry("ghost_sched_item.sid", PrioTableLayout.ITEM_SID),
                Map.entry("ghost_sched_item.work_class", PrioTableLayout.ITEM_WORK_CLASS),
                Map.entry("ghost_sched_item.gtid", PrioTableLayout.ITEM_GTID),
                Map.entry("ghost_sched_item.flags", PrioTableLayout.ITEM_FLAGS),
                Map.entry("ghost_sched_item.seqcount", PrioTableLayout.ITEM_SEQCOUNT),
                Map.entry("ghost_sched_item.deadline_ns", PrioTableLayout.ITEM_DEADLINE),
                Map.entry("ghost_work_class", PrioTableLayout.CLASS_BYTES),
                Map.entry("ghost_work_class.id", PrioTableLayout.CLASS_ID),
                Map.entry("ghost_work_class.flags", PrioTableLayout.CLASS_FLAGS),
                Map.entry("ghost_work_class.qos", PrioTableLayout.CLASS_QOS),
                Map.entry("ghost_work_class.exec_time_ns", PrioTableLayout.CLASS_EXEC_TIME),
                Map.entry("ghost_work_class.period_ns", PrioTableLayout.CLASS_PERIOD),
                Map.entry("ghost_stream.scrape_all", PrioTableLayout.STREAM_SCRAPE_ALL),
                Map.entry("ghost_stream.entries", PrioTableLayout.STREAM_ENTRIES),
                Map.entry("GHOST_TABLE_ALIGNMENT", PrioTableLayout.ALIGNMENT),
                Map.entry("GHOST_ITEM_RUNNABLE", PrioTableLayout.ITEM_RUNNABLE),
                Map.entry("GHOST_CLASS_ONE_SHOT", PrioTableLayout.CLASS_ONE_SHOT),
                Map.entry("GHOST_CLASS_REPEATING", PrioTableLayout.CLASS_REPEATING)));
        assertEquals(expected, offsets);
    }

    @Test
    void theExamplesCompileWithoutAWarning() throws Exception {
        int status = status("make", "-s", "-C", LIBRARY.toString(), "OUT=" + folder.resolve("examples"));
        assumeTrue(status != NOT_FOUND, "there is no make here");
        assertEquals(0, status);
        assertTrue(Files.isExecutable(folder.resolve("examples/simple_exp")));
        assertEquals(1, status(folder.resolve("examples/simple_exp").toString(), "-s", "/no/such/socket"));
        assertEquals(2, status(folder.resolve("examples/simple_exp").toString(), "-n", "0"));
    }

    @Test
    void aThreadEntersLeavesAndIsToldWhyNot() throws Exception {
        Process process = client("join", socket.toString(), "3");
        BufferedReader out = process.inputReader();
        int pid = Integer.parseInt(line(out).substring("pid: ".length()));
        assertEquals("enter: " + ((long) pid << 41 | 1), line(out));
        assertEquals(Set.of(pid), kernel.members(3));
        process.outputWriter().append('\n').flush();
        assertEquals(List.of("leave: 0", "enter_process: 1", "leave_process: 1",
                "leave: 3 thread " + pid + " is in no enclave",
                "enter_cgroup: 2 there is no cgroup /no/such/group below the root of cgroup v2", "inside: 0"),
                out.readAllLines());
        assertEquals(0, process.waitFor());
    }

    @Test
    void anEnclaveThatIsNotThereAndAHostThatIsNotThereAreNamed() throws Exception {
        Process process = client("join", socket.toString(), "9");
        process.outputWriter().append('\n').flush();
        assertEquals("enter: 19 there is no enclave 9: there are [3]",
                process.inputReader().readAllLines().get(1));
        server.close();
        String text = client("join", socket.toString(), "3").inputReader().readLine();
        assertEquals("connect: 2 no host answers at " + socket + ": No such file or directory", text);
    }

    @Test
    void aTableThatIsWrittenInCIsReadInJavaAndBack() throws Exception {
        Process process = client("table", socket.toString());
        BufferedReader out = process.inputReader();
        int pid = Integer.parseInt(line(out).substring("pid: ".length()));
        assertEquals("publish: 0", line(out));
        assertEquals("no such item: 34 the table has no such item", line(out));
        assertTrue(line(out).startsWith("too many: 22 a table has up to"));
        Path file = Path.of("/proc/" + pid + "/fd/" + kernel.prioTables().get(pid));
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            PrioTable table = PrioTable.attach(channel.map(MapMode.READ_WRITE, 0, channel.size(), arena));
            check(table);
            table.setRunnable(2);
            assertEquals("runnable: 2", line(out));
            assertEquals("written", line(out));
            SchedItem item = new SchedItem();
            for (int sid = 0; sid < 4; sid++) {
                assertEquals(PrioTable.ReadResult.READ, table.readItem(sid, item));
                assertEquals(996 + sid, item.deadlineNs());
                assertEquals(44, item.gtid());
            }
        }
        process.outputWriter().append('\n').flush();
        assertEquals(0, process.waitFor());
    }

    private static void check(PrioTable table) {
        assertEquals(4, table.itemCount());
        WorkClass workClass = new WorkClass();
        table.readWorkClass(1, workClass);
        assertEquals(7, workClass.qos());
        assertEquals(20_000, workClass.periodNs());
        SchedItem item = new SchedItem();
        assertEquals(PrioTable.ReadResult.READ, table.readItem(3, item));
        assertEquals(42, item.gtid());
        assertEquals(123_456_789, item.deadlineNs());
        assertTrue(item.runnable());
        assertEquals(PrioTable.ReadResult.READ, table.readItem(0, item));
        assertEquals(1_100, item.deadlineNs(), "released at 1000, and the period is 100");
        Set<Integer> hints = new HashSet<>();
        UpdateReader reader = table.newReader();
        for (int hint = reader.nextUpdatedIndex(); hint >= 0; hint = reader.nextUpdatedIndex()) {
            hints.add(hint);
        }
        assertEquals(Set.of(0, 3), hints);
    }
}
