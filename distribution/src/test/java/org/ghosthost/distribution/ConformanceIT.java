package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.ghosthost.kernel.schedext.SchedExtConformance;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The kernel cases of the simulated machine, the same code, on real threads in a guest. */
final class ConformanceIT {
    private static final Path PUPPET = Path.of("src/test/c/puppet.c").toAbsolutePath();

    @TempDir
    private Path folder;

    @BeforeAll
    static void aGuestIsNeeded() throws Exception {
        Guest.isNeededBy(ConformanceIT.class);
    }

    @TestFactory
    Stream<DynamicTest> kernelCases() throws Exception {
        Path program = folder.resolve("puppet");
        Process gcc = new ProcessBuilder("gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-pthread", "-static", "-o",
                program.toString(), PUPPET.toString()).redirectErrorStream(true).start();
        String output = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, gcc.waitFor(), output);
        return Guest.junit(List.of("--cpus", "8", "--timeout", "900", "--file", program + ":/usr/local/bin/puppet"),
                SchedExtConformance.class);
    }
}
