package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.ghosthost.host.sample.SamplePolicy;

/** Makes bundles for tests; by default a policy that is in order. */
final class TestJar {
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private Class<?> activator = SamplePolicy.class;

    static TestJar policy(String name, String version) {
        TestJar jar = new TestJar();
        jar.headers.put("Bundle-ManifestVersion", "2");
        jar.headers.put("Bundle-SymbolicName", "org.example.policy-" + name);
        jar.headers.put("Bundle-Version", version);
        jar.headers.put("Import-Package",
                "org.ghosthost.policy;version=\"[1.0,2)\",org.osgi.framework;version=\"[1.8,2)\"");
        jar.headers.put("Provide-Capability", "ghost.policy;name=\"" + name + "\";model=global");
        return jar;
    }

    TestJar with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    TestJar without(String header) {
        headers.remove(header);
        return this;
    }

    TestJar activator(Class<?> type) {
        activator = type;
        return this;
    }

    TestJar entry(String name, byte[] content) {
        entries.put(name, content);
        return this;
    }

    Path write(Path file) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-Activator", activator.getName());
        headers.forEach(manifest.getMainAttributes()::putValue);
        String path = activator.getName().replace('.', '/') + ".class";
        try (OutputStream out = Files.newOutputStream(file); JarOutputStream jar = new JarOutputStream(out, manifest);
                InputStream classFile = TestJar.class.getClassLoader().getResourceAsStream(path)) {
            jar.putNextEntry(new ZipEntry(path));
            classFile.transferTo(jar);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                jar.putNextEntry(new ZipEntry(entry.getKey()));
                jar.write(entry.getValue());
            }
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file;
    }
}
