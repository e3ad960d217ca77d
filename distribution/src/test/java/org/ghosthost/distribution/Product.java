package org.ghosthost.distribution;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The unpacked product, as a person at a terminal has it. */
final class Product {
    static final Path HOME = Path.of(System.getProperty("ghost.product"));
    static final Path DEADLINES = HOME.resolve("examples/workloads/deadlines.json");
    static final int TIMEOUT_S = 120;

    /** How a command ended. */
    record Outcome(int status, String out, String err) {}

    private Product() {}

    /** Starts {@code bin/ghost} in a folder; its output goes to files there. */
    static Process start(Path folder, Path out, Path err, String javaOptions, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(HOME.resolve("bin/ghost").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("GHOST_JAVA_OPTS", javaOptions);
        return builder.start();
    }

    /** Runs {@code bin/ghost} with this on its standard input, and waits for its end. */
    static Outcome run(Path folder, String javaOptions, String input, List<String> arguments) throws Exception {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        Process process = start(folder, out, err, javaOptions, arguments);
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // it ended without reading; its status says why
        }
        if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("not done after " + TIMEOUT_S + " s: " + arguments);
        }
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Every value of a JSON text by its path. */
    static Map<String, String> json(String text) throws IOException {
        Map<String, String> values = new TreeMap<>();
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    values.put(parser.getParsingContext().pathAsPointer().toString(), parser.getText());
                }
            }
        }
        return values;
    }
}
