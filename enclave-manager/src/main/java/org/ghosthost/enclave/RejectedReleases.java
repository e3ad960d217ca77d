package org.ghosthost.enclave;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/** The releases that were rolled back, one a line in a file, so that a restart does not forget them. */
final class RejectedReleases {
    /** Releases that are remembered; the oldest goes first. */
    static final int MAX_REMEMBERED = 1000;

    private static final Logger LOG = LogManager.getLogger(RejectedReleases.class);

    private final @Nullable Path file;
    private final Set<String> ids = new LinkedHashSet<>();

    /** Reads {@code file} if it is there; with null nothing outlives the process. */
    RejectedReleases(@Nullable Path file) {
        this.file = file;
        if (file != null && Files.exists(file)) {
            try {
                // Bytes that are no text must not hide the lines that are.
                new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().forEach(ids::add);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + file, e);
            }
        }
    }

    synchronized boolean contains(String id) {
        return ids.contains(id);
    }

    synchronized void add(String id) {
        if (!ids.add(id)) {
            return;
        }
        if (ids.size() > MAX_REMEMBERED) {
            ids.remove(ids.iterator().next());
        }
        if (file != null) {
            save(file);
        }
    }

    private void save(Path target) {
        Path fresh = target.resolveSibling(target.getFileName() + ".tmp");
        try {
            Files.write(fresh, ids);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.error("cannot remember the rolled-back releases in {}: {}", target, e.toString());
        }
    }
}
