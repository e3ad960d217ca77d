package org.ghosthost.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/**
 * Finds the jar that a person names, checks whose it is, and takes a private copy of it: what is verified is what is
 * installed, whatever happens to the file meanwhile.
 */
final class PolicySource {
    private static final String FILE = "file:";

    private final Path policies;
    private final Path scratch;

    /**
     * Looks for files.
     *
     * @param policies folder in which a relative name is looked up last
     * @param scratch private folder for the copies
     */
    PolicySource(Path policies, Path scratch) {
        this.policies = policies;
        this.scratch = scratch;
    }

    /**
     * A private copy of a jar that is in order.
     *
     * @param source where it came from, absolute
     * @param file the copy
     * @param jar what it says
     */
    record Copy(Path source, Path file, PolicyJar jar) implements AutoCloseable {
        InputStream open() throws IOException {
            return Files.newInputStream(file);
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Takes a copy of the jar with this name.
     *
     * @param name a path or a {@code file:} URL
     * @param directory what a relative name means first
     * @throws GhostException if it is not there, belongs to somebody else, or is not a policy
     */
    Copy open(String name, Path directory) throws GhostException {
        Path source = find(name, directory);
        try {
            Owner.checkSource(source);
            Object key = Files.readAttributes(source, "unix:fileKey").get("fileKey");
            Files.createDirectories(scratch);
            Path copy = Files.createTempFile(scratch, "policy", ".jar");
            try {
                copy(source, copy);
                Owner.checkSource(source);
                if (!Objects.equals(key, Files.readAttributes(source, "unix:fileKey").get("fileKey"))) {
                    throw new GhostException(source + " was replaced while it was read: try again");
                }
                return new Copy(source, copy, PolicyJar.read(copy, String.valueOf(source.getFileName())));
            } catch (IOException | GhostException e) {
                Files.deleteIfExists(copy);
                throw e;
            }
        } catch (IOException e) {
            throw new GhostException("cannot take a copy of " + source.getFileName() + ": " + Sentences.of(e));
        }
    }

    private static void copy(Path source, Path copy) throws IOException, GhostException {
        if (Files.size(source) > PolicyJar.MAX_JAR_BYTES) {
            throw new GhostException(source.getFileName() + " is larger than 32 MiB");
        }
        Files.copy(source, copy, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The file that a name means; see {@link #open}. */
    Path find(String name, Path directory) throws GhostException {
        String path = name.startsWith(FILE) ? name.substring(FILE.length()).replaceFirst("^//(?=/)", "") : name;
        if (path.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
            throw new GhostException("policies are installed from files, not from " + name);
        }
        try {
            Set<Path> places = new LinkedHashSet<>();
            places.add(directory.resolve(path).normalize());
            places.add(policies.resolve(path).normalize());
            for (Path place : places) {
                if (Files.exists(place)) {
                    return place;
                }
            }
            throw new GhostException("there is no file " + path
                    + (Path.of(path).isAbsolute() ? "" : ", neither in " + directory + " nor in " + policies));
        } catch (InvalidPathException _) {
            throw new GhostException("not a file name: " + name);
        }
    }
}
