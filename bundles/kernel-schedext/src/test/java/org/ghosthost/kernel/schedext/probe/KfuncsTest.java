package org.ghosthost.kernel.schedext.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the list of the probe to what the BPF program declares. */
final class KfuncsTest {
    private static final Pattern DECLARATION =
            Pattern.compile("extern [^;(]*?(\\w+)\\(([^;]*)\\)\\s*(?:WEAK_)?KSYM;");

    @Test
    void theProbeKnowsEveryFunctionThatTheProgramCallsAndNoOther() throws IOException {
        Map<String, Integer> declared = new TreeMap<>();
        try (Stream<Path> files = Files.list(Path.of("src/main/bpf"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Matcher matcher = DECLARATION.matcher(Files.readString(file));
                while (matcher.find()) {
                    String parameters = matcher.group(2).strip();
                    // The last suffix is the program's own: libbpf strips it.
                    String name = matcher.group(1).replaceFirst("___[a-z]$", "");
                    declared.put(name, parameters.equals("void") ? 0 : parameters.split(",", -1).length);
                }
            }
        }
        assertEquals(declared, Kfuncs.known());
    }
}
