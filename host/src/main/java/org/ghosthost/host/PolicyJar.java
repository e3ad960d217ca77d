package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.GhostPolicy;
import org.ghosthost.policy.PolicyModel;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * What the bytes of a jar say, before any of its code runs: that it is a policy and nothing else.
 *
 * @param symbolicName symbolic name of the bundle
 * @param version version of the bundle, which is that of the policy
 * @param name name of the policy
 * @param model who decides
 * @param needs what the backend must offer
 * @param sha256 digest of the whole file, in hexadecimal
 */
record PolicyJar(
        String symbolicName, Version version, String name, PolicyModel model, Set<Feature> needs, String sha256) {
    static final int MAX_JAR_BYTES = 32 << 20;
    private static final long MAX_UNPACKED_BYTES = 128 << 20;
    private static final int MAX_ENTRIES = 10_000;
    private static final int MAX_MANIFEST_BYTES = 1 << 20;
    private static final int BUFFER_BYTES = 1 << 16;

    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    /** Headers by which a bundle would reach beyond itself, and what each would do. */
    private static final List<String> FORBIDDEN = List.of(Constants.EXPORT_PACKAGE, Constants.FRAGMENT_HOST,
            Constants.DYNAMICIMPORT_PACKAGE, Constants.REQUIRE_BUNDLE, Constants.BUNDLE_NATIVECODE,
            Constants.BUNDLE_UPDATELOCATION);
    private static final Set<String> IMPORTS = Set.of("org.osgi.framework", "org.apache.logging.log4j",
            "org.apache.logging.log4j.message", "org.apache.logging.log4j.spi", "org.apache.logging.log4j.util",
            "org.jspecify.annotations");
    private static final String POLICY_API = "org.ghosthost.policy";

    PolicyJar {
        needs = Set.copyOf(needs);
    }

    /** Name and version, as people read them. */
    String title() {
        return name + " " + version;
    }

    /**
     * Reads a jar.
     *
     * @param file the jar; nobody may change it meanwhile
     * @throws GhostException with the one reason why it is not a policy that this host takes
     */
    static PolicyJar read(Path file) throws GhostException {
        return read(file, String.valueOf(file.getFileName()));
    }

    /** Reads a jar that people know by another name. */
    static PolicyJar read(Path file, String knownAs) throws GhostException {
        String named = knownAs + " ";
        try {
            long size = Files.size(file);
            if (!Files.isRegularFile(file)) {
                throw new GhostException(file + " is not a file");
            }
            if (size == 0 || size > MAX_JAR_BYTES) {
                throw new GhostException(named + (size == 0 ? "is empty" : "is larger than 32 MiB"));
            }
            return readZip(file, named);
        } catch (ZipException e) {
            throw new GhostException(named + "is damaged or no jar (" + e.getMessage() + ")");
        } catch (NoSuchFileException _) {
            throw new GhostException("there is no file " + file);
        } catch (IOException e) {
            throw new GhostException("cannot read " + file + ": " + Sentences.of(e));
        }
    }

    private static PolicyJar readZip(Path file, String named) throws IOException, GhostException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            readAll(zip, named);
            Attributes headers = manifest(zip, named).getMainAttributes();
            PolicyJar jar = describe(headers, named, sha256(file));
            checkReach(headers, named);
            return jar;
        }
    }

    /** Reads every entry to its end, and compares its checksum. */
    private static void readAll(ZipFile zip, String named) throws IOException, GhostException {
        if (zip.size() > MAX_ENTRIES) {
            throw new GhostException(named + "has more than " + MAX_ENTRIES + " entries");
        }
        byte[] buffer = new byte[BUFFER_BYTES];
        long unpacked = 0;
        for (ZipEntry entry : Collections.list(zip.entries())) {
            CRC32 checksum = new CRC32(); // ZipFile itself does not look at it
            try (InputStream in = zip.getInputStream(entry)) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    unpacked += n;
                    checksum.update(buffer, 0, n);
                    if (unpacked > MAX_UNPACKED_BYTES) {
                        throw new GhostException(named + "unpacks to more than 128 MiB");
                    }
                }
            } catch (IOException e) {
                throw new GhostException(named + "is damaged at " + entry.getName() + " (" + e.getMessage() + ")");
            }
            if (checksum.getValue() != entry.getCrc()) {
                throw new GhostException(named + "is damaged at " + entry.getName() + " (wrong checksum)");
            }
        }
    }

    private static Manifest manifest(ZipFile zip, String named) throws IOException, GhostException {
        ZipEntry entry = zip.getEntry(MANIFEST);
        if (entry == null || entry.getSize() > MAX_MANIFEST_BYTES) {
            throw new GhostException(named + "is no bundle: it has no " + MANIFEST);
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return new Manifest(in);
        } catch (IOException e) {
            throw new GhostException(named + "has a manifest that cannot be read (" + e.getMessage() + ")");
        }
    }

    private static void checkReach(Attributes headers, String named) throws GhostException {
        for (String header : FORBIDDEN) {
            if (headers.getValue(header) != null) {
                throw new GhostException(named + "has the header " + header + ", which a policy must not have");
            }
        }
        if (Boolean.parseBoolean(headers.getValue("Multi-Release"))) {
            throw new GhostException(named + "is a multi-release jar, which a policy must not be");
        }
        for (ManifestHeader.Clause clause : parse(headers, Constants.IMPORT_PACKAGE, named)) {
            for (String imported : clause.paths()) {
                if (!mayImport(imported)) {
                    throw new GhostException(named + "imports " + imported
                            + ": a policy sees only org.ghosthost.policy, org.osgi.framework and Log4j's API");
                }
            }
        }
    }

    private static boolean mayImport(String imported) {
        return imported.equals(POLICY_API) || imported.startsWith(POLICY_API + ".") || imported.startsWith("java.")
                || IMPORTS.contains(imported);
    }

    private static PolicyJar describe(Attributes headers, String named, String sha256) throws GhostException {
        List<ManifestHeader.Clause> names = parse(headers, Constants.BUNDLE_SYMBOLICNAME, named);
        if (names.isEmpty() || !"2".equals(headers.getValue(Constants.BUNDLE_MANIFESTVERSION))) {
            throw new GhostException(named + "is no bundle: its manifest has no Bundle-SymbolicName");
        }
        List<ManifestHeader.Clause> policies =
                parse(headers, Constants.PROVIDE_CAPABILITY, named).stream()
                        .filter(clause -> clause.paths().contains(GhostPolicy.NAMESPACE)).toList();
        if (policies.size() != 1) {
            throw new GhostException(named + (policies.isEmpty()
                    ? "is no policy: it does not declare the capability " + GhostPolicy.NAMESPACE
                    : "declares the capability " + GhostPolicy.NAMESPACE + " more than once"));
        }
        try {
            Version version = Version.parseVersion(headers.getValue(Constants.BUNDLE_VERSION));
            return describe(names.getFirst().paths().getFirst(), version, policies.getFirst(), sha256);
        } catch (IllegalArgumentException e) {
            throw new GhostException(named + "declares " + GhostPolicy.NAMESPACE + " wrongly: " + e.getMessage());
        }
    }

    private static PolicyJar describe(
            String symbolicName, Version version, ManifestHeader.Clause capability, String sha256) {
        String name = capability.attributes().getOrDefault("name", "");
        if (!name.matches("[a-z0-9][a-z0-9-]{0,39}")) {
            throw new IllegalArgumentException(
                    "name '" + name + "' is not made of lower case letters, digits and '-'");
        }
        PolicyModel model = PolicyModel.parse(capability.attributes().getOrDefault("model", ""));
        Set<Feature> needs = EnumSet.noneOf(Feature.class);
        for (String need : capability.attributes().getOrDefault("needs", "").split(",", -1)) {
            if (!need.isBlank()) {
                needs.add(Feature.parse(need.strip()));
            }
        }
        return new PolicyJar(symbolicName, version, name, model, needs, sha256);
    }

    private static List<ManifestHeader.Clause> parse(Attributes headers, String header, String named)
            throws GhostException {
        try {
            return ManifestHeader.parse(headers.getValue(header));
        } catch (GhostException e) {
            throw new GhostException(named + "is refused: " + e.getMessage());
        }
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
