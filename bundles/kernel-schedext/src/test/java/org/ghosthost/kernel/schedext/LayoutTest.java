package org.ghosthost.kernel.schedext;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.TransactionFlags;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.MessageLayout;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks the C compiler for every number of {@code ghost_abi.h} that Java has too. */
final class LayoutTest {
    private static final Path HEADER = Path.of("src/main/bpf/ghost_abi.h");
    /** Fields of the C records that Java calls otherwise. */
    private static final Map<String, String> NAMES = Map.of(
            "ghost_control.version", "abi_version",
            "ghost_transaction.commit_time", "commit_time");

    @TempDir
    private Path folder;

    private record Record(String name, Class<?> layout) {}

    private static final List<Record> RECORDS = List.of(
            new Record("ghost_message", MessageLayout.class),
            new Record("ghost_status_word", StatusWordLayout.class),
            new Record("ghost_transaction", TransactionLayout.class),
            new Record("ghost_commit_request", SchedExtLayout.CommitRequest.class),
            new Record("ghost_queue", SchedExtLayout.Queue.class),
            new Record("ghost_cpu", SchedExtLayout.Cpu.class),
            new Record("ghost_enclave", SchedExtLayout.Enclave.class),
            new Record("ghost_control", SchedExtLayout.Control.class),
            new Record("ghost_request", SchedExtLayout.Request.class));

    private static final List<String> NO_FIELDS = List.of("VERSION_NUMBER", "STATE_READY", "EXIT_REASON_BYTES",
            "EXIT_MESSAGE_BYTES", "DELIVER_TICKS", "DELIVER_CPU_AVAILABILITY", "DELIVER_AGENT_RUNNABILITY",
            "COMMIT_AT_TICK", "WAKE_ON_WAKER_CPU");

    @Test
    void everyFieldLiesWhereTheCompilerPutsIt() throws Exception {
        Map<String, Long> java = new TreeMap<>();
        for (Record each : RECORDS) {
            for (Field field : each.layout().getDeclaredFields()) {
                String name = field.getName();
                if (Modifier.isStatic(field.getModifiers()) && !name.startsWith("FLAG_") && !NO_FIELDS.contains(name)
                        && field.getType() == int.class) {
                    field.setAccessible(true);
                    java.put(name.equals("SIZE") ? "sizeof(struct " + each.name() + ")"
                            : "offsetof(struct " + each.name() + ", " + cName(each, name) + ")",
                            (long) field.getInt(null));
                }
            }
        }
        assertTrue(java.size() > 80, "fields: " + java.size());
        assertEquals(lines(java), lines(compiled(java)));
    }

    @Test
    void everyConstantHasTheSameValue() throws Exception {
        Map<String, Long> java = new TreeMap<>(Map.of(
                "GHOST_ABI_VERSION", (long) SchedExtLayout.ABI_VERSION,
                "GHOST_MAX_ENCLAVES", (long) SchedExtLayout.MAX_ENCLAVES,
                "GHOST_MAX_CPUS", (long) SchedExtLayout.MAX_CPUS,
                "GHOST_MAX_QUEUES", (long) SchedExtLayout.MAX_QUEUES,
                "GHOST_MAX_STATUS_WORDS", (long) SchedExtLayout.MAX_STATUS_WORDS,
                "GHOST_GTID_GENERATION_BITS", (long) Gtid.GENERATION_BITS,
                "(int)GHOST_NONE", (long) SchedExtLayout.NONE,
                "GHOST_GTID_AGENT", Gtid.AGENT,
                "GHOST_GTID_IDLE", Gtid.IDLE,
                "GHOST_TXN_READY", (long) TransactionLayout.STATE_READY));
        for (int type = 0; type < 256; type++) {
            String name = MessageType.name(type);
            if (type >= MessageType.TASK_DEAD && name.matches("[A-Z_]+")) {
                java.put("GHOST_" + name, (long) type);
            }
        }
        for (TransactionState state : TransactionState.values()) {
            java.put("GHOST_TXN_RESULT(GHOST_" + state.name() + ")", (long) state.code());
        }
        flags(java, StatusWordLayout.class, "FLAG_", "GHOST_SW_");
        flags(java, MessageLayout.class, "FLAG_", "GHOST_MSG_");
        for (Field field : TransactionFlags.class.getDeclaredFields()) {
            int value = field.getInt(null);
            if (Integer.bitCount(value) == 1 && !field.getName().equals("COMMIT_SHIFT")) {
                java.put("GHOST_" + field.getName(),
                        (long) (value >= 1 << TransactionFlags.COMMIT_SHIFT ? value >> TransactionFlags.COMMIT_SHIFT
                                : value));
            }
        }
        java.put("GHOST_DELIVER_TICKS", (long) SchedExtLayout.Enclave.DELIVER_TICKS);
        java.put("GHOST_DELIVER_CPU_AVAILABILITY", (long) SchedExtLayout.Enclave.DELIVER_CPU_AVAILABILITY);
        java.put("GHOST_COMMIT_AT_TICK", (long) SchedExtLayout.Enclave.COMMIT_AT_TICK);
        java.put("GHOST_WAKE_ON_WAKER_CPU", (long) SchedExtLayout.Enclave.WAKE_ON_WAKER_CPU);
        java.put("GHOST_MODE_AGENTS", (long) EnclaveModes.AGENTS);
        java.put("GHOST_MODE_FIFO", (long) EnclaveModes.FIFO);
        java.put("GHOST_MODE_VRUNTIME", (long) EnclaveModes.VRUNTIME);
        java.put("GHOST_MODE_HOLD", (long) EnclaveModes.HOLD);
        java.put("GHOST_OPS_CPU_ACQUIRE", (long) SchedExtLayout.Operations.CPU_ACQUIRE);
        java.put("GHOST_OPS_CPU_RELEASE", (long) SchedExtLayout.Operations.CPU_RELEASE);
        java.put("GHOST_OPS_FLAGS", (long) SchedExtLayout.Operations.FLAGS);
        java.put("GHOST_ASSOCIATE_ALREADY", 1L);
        java.put("GHOST_ASSOCIATE_BRAND_NEW", 2L);
        assertEquals(lines(java), lines(compiled(java)));
    }

    private static void flags(Map<String, Long> java, Class<?> layout, String prefix, String cPrefix)
            throws IllegalAccessException {
        for (Field field : layout.getDeclaredFields()) {
            if (field.getName().startsWith(prefix)) {
                java.put(cPrefix + field.getName().substring(prefix.length()), (long) field.getInt(null));
            }
        }
    }

    private static String cName(Record owner, String javaName) {
        String name = javaName.toLowerCase(Locale.ROOT);
        return NAMES.getOrDefault(owner.name() + "." + name, name);
    }

    private static String lines(Map<String, Long> numbers) {
        StringBuilder out = new StringBuilder();
        numbers.forEach((expression, value) -> out.append(expression).append(" = ").append(value).append('\n'));
        return out.toString();
    }

    /** What a C program says that prints these expressions. */
    private Map<String, Long> compiled(Map<String, Long> expressions) throws IOException, InterruptedException {
        StringBuilder source = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include \"ghost_abi.h\"\n"
                + "int main(void) {\n");
        expressions.keySet().forEach(expression -> source.append("    printf(\"%lld\\n\", (long long)(")
                .append(expression).append("));\n"));
        source.append("    return 0;\n}\n");
        Files.writeString(folder.resolve("layout.c"), source);
        assumeTrue(isThere("gcc"), "no gcc is installed: the layouts were not compared");
        run("gcc", "-std=gnu11", "-I" + HEADER.toAbsolutePath().getParent(), "-o", folder + "/layout",
                folder + "/layout.c");
        List<String> lines = run(folder + "/layout");
        Map<String, Long> found = new TreeMap<>();
        int line = 0;
        for (String expression : expressions.keySet()) {
            found.put(expression, Long.parseLong(lines.get(line++)));
        }
        return found;
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    }

    private static List<String> run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines().toList();
    }
}
