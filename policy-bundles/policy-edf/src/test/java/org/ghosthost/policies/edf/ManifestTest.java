package org.ghosthost.policies.edf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.ghosthost.policies.edf.release.Edf;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the annotation on a policy's factory makes of its bundle. */
class ManifestTest {
    private final Path classes = classes();
    private Attributes manifest;

    private static Path classes() {
        try {
            return Path.of(Edf.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (java.net.URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void read() throws Exception {
        try (InputStream in = Files.newInputStream(classes.resolve("META-INF/MANIFEST.MF"))) {
            manifest = new Manifest(in).getMainAttributes();
        }
    }

    @Test
    void theFactoryIsTheActivator() {
        assertEquals(Edf.class.getName(), manifest.getValue("Bundle-Activator"));
    }

    @Test
    void thePolicyIsACapability() {
        assertEquals("ghost.policy;model=global;name=edf", manifest.getValue("Provide-Capability"));
    }

    @Test
    void thePolicyExportsNothing() {
        assertNull(manifest.getValue("Export-Package"));
    }

    @Test
    void theBuildingBlocksAreInsideAndNotImported() {
        assertTrue(Files.exists(classes.resolve("org/ghosthost/agent/GlobalPolicy.class")));
        assertFalse(manifest.getValue("Import-Package").contains("org.ghosthost.agent"));
    }
}
