package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.PolicyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyJarTest {
    @TempDir
    Path folder;

    private static TestJar edf() {
        return TestJar.policy("edf", "1.0.0");
    }

    private String refusal(TestJar jar) throws IOException {
        Path file = jar.write(folder.resolve("p.jar"));
        String sentence = assertThrows(GhostException.class, () -> PolicyJar.read(file)).getMessage();
        assertTrue(sentence.startsWith("p.jar ") && !sentence.contains("\n"), sentence);
        return sentence;
    }

    @Test
    void aPolicyIsDescribedByItsManifest() throws Exception {
        PolicyJar jar = PolicyJar.read(edf()
                .with("Provide-Capability",
                        "x.y;a=b,ghost.policy;model=\"per-cpu\";needs:List<String>=\"ticks,prio-table\";name=edf")
                .write(folder.resolve("p.jar")));
        assertEquals("edf 1.0.0", jar.title());
        assertEquals("org.example.policy-edf", jar.symbolicName());
        assertEquals(PolicyModel.PER_CPU, jar.model());
        assertEquals(Set.of(Feature.TICKS, Feature.PRIO_TABLE), jar.needs());
        assertEquals(64, jar.sha256().length());
    }

    @ParameterizedTest
    @CsvSource({
        "Export-Package, org.example.open",
        "Fragment-Host, system.bundle",
        "DynamicImport-Package, *",
        "Require-Bundle, org.ghosthost.shell",
        "Bundle-NativeCode, libx.so",
        "Bundle-UpdateLocation, http://example.org/x.jar",
    })
    void aPolicyReachesNoFurtherThanItself(String header, String value) throws Exception {
        assertTrue(refusal(edf().with(header, value)).contains("the header " + header));
    }

    @ParameterizedTest
    @CsvSource({"org.ghosthost.enclave", "org.ghosthost.policyx", "org.apache.felix.service.command", "sun.misc",
        "org.osgi.framework.launch"})
    void aPolicySeesTheApiAndNothingElse(String imported) throws Exception {
        assertTrue(refusal(edf().with("Import-Package", "org.ghosthost.policy," + imported))
                .contains("imports " + imported + ":"));
    }

    @Test
    void aPolicyMayImportTheApiTheFrameworkAndTheLog() throws Exception {
        PolicyJar.read(edf().with("Import-Package", "java.util,org.ghosthost.policy,org.ghosthost.policy.topology,"
                + "org.osgi.framework,org.apache.logging.log4j,org.jspecify.annotations;resolution:=optional")
                .write(folder.resolve("p.jar")));
    }

    @Test
    void aJarWithoutTheCapabilityIsNoPolicy() throws Exception {
        assertTrue(refusal(edf().without("Provide-Capability")).contains("is no policy"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ghost.policy;name=EDF;model=global | name 'EDF'",
        "ghost.policy;model=global | name ''",
        "ghost.policy;name=edf | model",
        "ghost.policy;name=edf;model=both | 'both'",
        "ghost.policy;name=edf;model=global;needs=wings | 'wings'",
        "ghost.policy;name=a;model=global,ghost.policy;name=b;model=global | more than once",
        "ghost.policy;name=\"edf | open quote",
        "ghost.policy;name=edf;model=global,; | without a name",
    })
    void aWrongCapabilityIsNamed(String capability, String said) throws Exception {
        String sentence = refusal(edf().with("Provide-Capability", capability));
        assertTrue(sentence.contains(said), sentence);
    }

    @Test
    void aWrongVersionIsNamed() throws Exception {
        assertTrue(refusal(edf().with("Bundle-Version", "one.two")).contains("one.two"));
    }

    @Test
    void aJarThatIsNoBundleIsNoPolicy() throws Exception {
        assertTrue(refusal(edf().without("Bundle-SymbolicName")).contains("no Bundle-SymbolicName"));
        assertTrue(refusal(edf().without("Bundle-ManifestVersion")).contains("no Bundle-SymbolicName"));
    }

    @Test
    void anArchiveWithoutAManifestIsNoBundle() throws Exception {
        Path file = folder.resolve("p.jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            jar.putNextEntry(new ZipEntry("a.txt"));
        }
        assertTrue(assertThrows(GhostException.class, () -> PolicyJar.read(file)).getMessage().contains("MANIFEST"));
    }

    @Test
    void aMultiReleaseJarIsRefusedSinceItsImportsMayDiffer() throws Exception {
        assertTrue(refusal(edf().with("Multi-Release", "true")).contains("multi-release"));
    }

    @Test
    void aTruncatedJarIsRefusedWhereverItIsCut() throws Exception {
        byte[] whole = Files.readAllBytes(edf().write(folder.resolve("whole.jar")));
        for (int length = 0; length < whole.length; length += Math.max(1, whole.length / 50)) {
            Path cut = Files.write(folder.resolve("cut.jar"), Arrays.copyOf(whole, length));
            assertThrows(GhostException.class, () -> PolicyJar.read(cut), "cut at " + length);
        }
    }

    @Test
    void aFlippedByteInAnEntryIsNoticed() throws Exception {
        byte[] noise = new byte[60_000]; // most of the jar, since it cannot be compressed
        new Random(1).nextBytes(noise);
        Path file = edf().entry("noise", noise).write(folder.resolve("p.jar"));
        byte[] bytes = Files.readAllBytes(file);
        for (int at = bytes.length / 2; at < bytes.length / 2 + 20; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x55;
            Files.write(file, damaged);
            assertThrows(GhostException.class, () -> PolicyJar.read(file), "byte " + at);
        }
    }

    @Test
    void whatCannotBeReadIsOneSentence() {
        assertEquals("there is no file " + folder.resolve("x.jar"),
                assertThrows(GhostException.class, () -> PolicyJar.read(folder.resolve("x.jar"))).getMessage());
        assertEquals(folder + " is not a file",
                assertThrows(GhostException.class, () -> PolicyJar.read(folder)).getMessage());
    }

    @Test
    void anEmptyFileIsNoJar() throws Exception {
        Path file = Files.createFile(folder.resolve("p.jar"));
        assertEquals("p.jar is empty", assertThrows(GhostException.class, () -> PolicyJar.read(file)).getMessage());
    }
}
