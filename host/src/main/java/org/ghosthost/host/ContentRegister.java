package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the content of every release that the host ever took, so that one version never stands for two contents,
 * not even after a restart. A text file, one release a line: symbolic name, version, digest.
 */
final class ContentRegister {
    private static final int MAX_RELEASES = 10_000;

    private final @Nullable Path file;
    private final Map<String, String> digests = new LinkedHashMap<>();

    /** A register without a file forgets everything in the end. */
    ContentRegister(@Nullable Path file) throws IOException {
        this.file = file;
        if (file != null && Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                int end = line.lastIndexOf(' ');
                if (end > 0) {
                    digests.put(line.substring(0, end), line.substring(end + 1));
                }
            }
        }
    }

    /**
     * Checks that this release is new, or the same as ever. Changes nothing.
     *
     * @throws GhostException if it was taken with other content before
     */
    synchronized void check(PolicyJar jar) throws GhostException {
        String known = digests.get(key(jar));
        if (known != null && !known.equals(jar.sha256())) {
            throw new GhostException(jar.title() + " was taken before with other content: give the new build a version"
                    + " of its own" + (file == null ? "" : ", or forget the old one in " + file));
        }
    }

    /** Checks this release as {@link #check} does, and remembers it. */
    synchronized void take(PolicyJar jar) throws GhostException {
        check(jar);
        if (digests.put(key(jar), jar.sha256()) != null) {
            return;
        }
        if (digests.size() > MAX_RELEASES) {
            digests.remove(digests.keySet().iterator().next());
        }
        if (file != null) {
            save(file);
        }
    }

    private void save(Path target) throws GhostException {
        List<String> lines = digests.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
        Path fresh = target.resolveSibling(target.getFileName() + ".new");
        try {
            Files.write(fresh, lines);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new GhostException("cannot write " + target + ": " + Sentences.of(e));
        }
    }

    private static String key(PolicyJar jar) {
        return jar.symbolicName() + " " + jar.version();
    }
}
