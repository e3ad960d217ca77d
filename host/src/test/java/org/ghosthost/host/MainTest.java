package org.ghosthost.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line: whatever is typed, the answer is help or one sentence. */
final class MainTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int ghost(List<String> words) {
        return Main.run(words, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    }

    private int ghost(String line) {
        return ghost(line.isEmpty() ? List.of() : List.of(line.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | say what to do, for instance: ghost demo; see ghost --help",
        "hots | unknown subcommand 'hots' (did you mean 'ghost host'?); see ghost --help",
        "wibble | unknown subcommand 'wibble'; see ghost --help",
        "--wibble | unknown option '--wibble'; see ghost --help",
        "host --gost_cpus 0-3 | unknown option '--gost_cpus' (did you mean '--ghost_cpus'?); see ghost host --help",
        "host --ghost_cpus | option '--ghost_cpus' needs a value; see ghost host --help",
        "host --ghost_cpus 0-99 | --ghost_cpus: bad CPU list \"0-99\": CPU 99 is out of range 0-7",
        "host --ghost_cpus 0-1 --ghost_cpus 2 | option '--ghost_cpus' is given more than once; see ghost host --help",
        "host extra | 'extra' is too much; see ghost host --help",
        "host --policy a.jar | --policy needs an enclave: say which CPUs it shall have by --ghost_cpus,"
                + " for instance --ghost_cpus 0-7",
        "host --ghost_cpus 0 --enclave 0 | --enclave must be 1 to 65535: 0",
        "host --ghost_cpus 0 --enclave x | --enclave must be 1 to 65535: x",
        "host --backend linux | unknown backend 'linux': use --backend sim or --backend sched_ext",
        "host --backend sched_ext --cpus 4 | --cpus describes a simulated machine: --backend sched_ext takes this one"
                + " as it is",
        "host --option spin-us=5 | --option is for --backend sched_ext: the simulated machine has no settings",
        "host --backend sched_ext --option spin | --option takes NAME=VALUE, not 'spin'",
        "host --pin | --pin is for --backend sched_ext: the simulated machine has no settings",
        "host --cpus 4 --machine 8 | --cpus and --machine exclude each other",
        "host --name a --workdir b | --name and --workdir exclude each other",
        "host --name a/b | not a name for a host: 'a/b' (letters, digits, '.', '_' and '-')",
        "check | name one jar or configuration; see ghost check --help",
        "exec --nme x | unknown option '--nme' (did you mean '--name'?); see ghost exec --help",
    })
    void aCommandLineThatIsNotUnderstoodIsOneSentenceAndStatus2(String line, String sentence) {
        assertEquals(2, ghost(line));
        assertEquals("ghost: " + sentence, err.toString(UTF_8).strip());
        assertEquals("", out.toString(UTF_8));
    }

    @Test
    void aMachineThatMakesNoSenseIsRefused() {
        assertEquals(2, ghost("host --cpus none"));
        assertEquals(2, ghost("host --cpus 0"));
        assertEquals(2, ghost("host --cpus 9999"));
        assertEquals(3, err.toString(UTF_8).lines().filter(line -> line.startsWith("ghost: --cpus: ")).count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help", "host --help", "exec --help", "check --help", "--version"})
    void helpGoesToTheOutput(String line) {
        assertEquals(0, ghost(line));
        assertEquals("", err.toString(UTF_8));
        assertFalse(out.toString(UTF_8).isBlank());
        assertTrue(out.toString(UTF_8).lines().allMatch(text -> text.length() <= 110), out.toString(UTF_8));
    }

    @Test
    void aJarIsCheckedWithoutAHost() throws Exception {
        Path jar = TestJar.policy("edf", "1.0.0").write(folder.resolve("p.jar"));
        assertEquals(0, ghost(List.of("check", jar.toString())));
        assertTrue(out.toString(UTF_8).startsWith("p.jar is in order: policy edf 1.0.0, global, sha-256 "));
        out.reset();
        assertEquals(0, ghost(List.of("check", "--json", jar.toString())));
        assertTrue(out.toString(UTF_8).startsWith("{\"file\": \"" + jar + "\", \"policy\": \"edf\", \"version\": "));
        assertEquals(1, ghost(List.of("check", folder.resolve("absent.jar").toString())));
        assertEquals("ghost: there is no file " + folder.resolve("absent.jar"), err.toString(UTF_8).strip());
    }
}
