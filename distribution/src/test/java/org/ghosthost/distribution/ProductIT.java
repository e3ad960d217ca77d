package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Looks at the unpacked product and at its archive. */
final class ProductIT {

    private static final Path PRODUCT = Path.of(System.getProperty("ghost.product"));
    private static final Path ARCHIVE = Path.of(System.getProperty("ghost.archive"));

    /** A clause of Import-Package: a name, then attributes whose values may hold commas between quotes. */
    private static final Pattern CLAUSE = Pattern.compile("([\\w.]+)((?:;[^;,\"]+(?:\"[^\"]*\")?)*)(?:,|$)");

    @Test
    void theProductHoldsWhatIsPromised() throws IOException {
        assertEquals(Set.of("LICENSE", "README.md", "bin", "bundles", "client", "docs", "etc", "examples", "guest",
                "lib", "policies"), names(PRODUCT));
        assertEquals(Set.of("ghost"), names(PRODUCT.resolve("bin")));
        assertEquals(Set.of("commons-cli.jar", "enclave-manager.jar", "host.jar", "log4j-api.jar",
                "log4j-core.jar", "native", "org.apache.felix.framework.jar", "org.apache.felix.gogo.runtime.jar",
                "policy-api.jar"), names(PRODUCT.resolve("lib")));
        assertEquals(Set.of("native.jar"), names(PRODUCT.resolve("lib/native")));
        assertEquals(Set.of("jackson-core.jar", "jline.jar", "kernel-schedext.jar", "kernel-sim.jar",
                "metrics.jar", "org.apache.felix.gogo.command.jar", "org.apache.felix.gogo.jline.jar",
                "shell.jar", "simulate.jar", "workload.jar"),
                names(PRODUCT.resolve("bundles")));
        assertEquals(Set.of("policy-biff.jar", "policy-cfs.jar", "policy-edf.jar", "policy-edf-1.1.0.jar",
                "policy-fifo-centralized.jar", "policy-fifo-per-cpu.jar", "policy-flux.jar", "policy-shinjuku.jar",
                "policy-sol.jar"), names(PRODUCT.resolve("policies")));
        assertEquals(Set.of("policy-edf-1.2.0-throws.jar", "policy-edf-1.3.0-hangs.jar", "workloads"),
                names(PRODUCT.resolve("examples")));
        assertTrue(names(PRODUCT.resolve("docs")).contains("architecture.md"));
        assertTrue(Files.isExecutable(PRODUCT.resolve("bin/ghost")));
    }

    @Test
    void theArchiveUnpacksToTheSameProduct(@TempDir Path folder) throws Exception {
        Process tar = new ProcessBuilder("tar", "-xzf", ARCHIVE.toString(), "-C", folder.toString())
                .inheritIO().start();
        assertEquals(0, tar.waitFor());
        assertEquals(1, names(folder).size(), "one folder at the top");
        Path unpacked = folder.resolve(names(folder).iterator().next());
        assertEquals(files(PRODUCT), files(unpacked));
        for (String file : files(PRODUCT)) {
            assertEquals(-1, Files.mismatch(PRODUCT.resolve(file), unpacked.resolve(file)), file);
            assertEquals(Files.isExecutable(PRODUCT.resolve(file)), Files.isExecutable(unpacked.resolve(file)), file);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "policies/policy-fifo-per-cpu.jar, org.ghosthost.policy-fifo-per-cpu, 1.0.0",
        "policies/policy-fifo-centralized.jar, org.ghosthost.policy-fifo-centralized, 1.0.0",
        "policies/policy-shinjuku.jar, org.ghosthost.policy-shinjuku, 1.0.0",
        "policies/policy-sol.jar, org.ghosthost.policy-sol, 1.0.0",
        "policies/policy-biff.jar, org.ghosthost.policy-biff, 1.0.0",
        "policies/policy-cfs.jar, org.ghosthost.policy-cfs, 1.0.0",
        "policies/policy-flux.jar, org.ghosthost.policy-flux, 1.0.0",
        "policies/policy-edf.jar, org.ghosthost.policy-edf, 1.0.0",
        "policies/policy-edf-1.1.0.jar, org.ghosthost.policy-edf, 1.1.0",
        "examples/policy-edf-1.2.0-throws.jar, org.ghosthost.policy-edf, 1.2.0",
    })
    void aPolicyStandsAlone(String file, String symbolicName, String version) throws IOException {
        try (JarFile jar = new JarFile(PRODUCT.resolve(file).toFile())) {
            Attributes manifest = jar.getManifest().getMainAttributes();
            assertEquals(symbolicName, manifest.getValue("Bundle-SymbolicName"));
            assertEquals(version, manifest.getValue("Bundle-Version"));
            assertNull(manifest.getValue("Export-Package"), "a policy exports nothing");
            for (var clause : CLAUSE.matcher(manifest.getValue("Import-Package")).results().toList()) {
                assertTrue(clause.group(1).matches("org\\.ghosthost\\.policy(\\..*)?|org\\.osgi\\.framework")
                        || clause.group(2).contains("resolution:=optional"), "imports " + clause.group());
            }
            assertTrue(jar.stream().map(ZipEntry::getName).filter(name -> name.endsWith(".class"))
                    .allMatch(name -> name.matches("org/ghosthost/(policies|agent)/.*")), "foreign classes");
        }
    }

    @Test
    void theApiIsExportedWithVersionsFromTheClassPath() throws IOException {
        for (String name : List.of("policy-api.jar", "enclave-manager.jar")) {
            try (JarFile jar = new JarFile(PRODUCT.resolve("lib").resolve(name).toFile())) {
                String exports = jar.getManifest().getMainAttributes().getValue("Export-Package");
                for (var clause : CLAUSE.matcher(exports).results().toList()) {
                    assertTrue(clause.group(2).contains("version=\"1.0.0\""), name + " exports " + clause.group());
                }
                assertFalse(exports.contains("org.ghosthost.agent"), "the building blocks are never shared");
            }
        }
    }

    @Test
    void ourJarsTellNothingOfTheMachineThatBuiltThem() throws IOException {
        for (String file : files(PRODUCT)) {
            if (!file.endsWith(".jar")) {
                continue;
            }
            try (JarFile jar = new JarFile(PRODUCT.resolve(file).toFile())) {
                if (jar.stream().noneMatch(entry -> entry.getName().startsWith("org/ghosthost/"))) {
                    continue;
                }
                Set<Long> times = jar.stream().map(ZipEntry::getTime).collect(Collectors.toSet());
                assertEquals(1, times.size(), "times in " + file);
                Set<Object> headers = jar.getManifest().getMainAttributes().keySet();
                for (String header : List.of("Bnd-LastModified", "Built-By", "Build-Jdk", "Created-By", "Tool")) {
                    assertFalse(headers.contains(new Attributes.Name(header)), header + " in " + file);
                }
            }
        }
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            return entries.filter(Files::isRegularFile)
                    .map(entry -> folder.relativize(entry).toString()).sorted().toList();
        }
    }
}
