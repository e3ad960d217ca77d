package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;

/**
 * What the host's class path offers to bundles: the exports in the manifests of its own jars, so that there is one
 * source of versions. Being exported by the system bundle, none of it can be stopped or refreshed.
 */
final class SystemPackages {
    private static final Set<String> JARS = Set.of("org.ghosthost.policy-api", "org.ghosthost.enclave-manager",
            "org.ghosthost.native", "org.apache.felix.gogo.runtime", "org.apache.logging.log4j.api",
            "org.apache.commons.cli");

    private SystemPackages() {}

    /** The value of {@link Constants#FRAMEWORK_SYSTEMPACKAGES_EXTRA}. */
    static String export() throws IOException, GhostException {
        List<String> packages = new ArrayList<>();
        for (URL url : Collections.list(SystemPackages.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
            Attributes headers = headers(url);
            List<ManifestHeader.Clause> names = ManifestHeader.parse(headers.getValue(Constants.BUNDLE_SYMBOLICNAME));
            if (!names.isEmpty() && JARS.contains(names.getFirst().paths().getFirst())) {
                for (ManifestHeader.Clause clause : ManifestHeader.parse(headers.getValue(Constants.EXPORT_PACKAGE))) {
                    String version = clause.attributes().getOrDefault(Constants.VERSION_ATTRIBUTE, "0");
                    clause.paths().forEach(path -> packages.add(path + ";version=\"" + version + "\""));
                }
            }
        }
        return String.join(",", packages);
    }

    private static Attributes headers(URL manifest) throws IOException {
        try (InputStream in = manifest.openStream()) {
            return new Manifest(in).getMainAttributes();
        }
    }
}
