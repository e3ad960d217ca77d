package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.apache.logging.log4j.LogManager;

/** Where the log goes. Called before the first logger is made. */
final class Logging {
    private Logging() {}

    /**
     * Everything from INFO up goes to this file.
     *
     * @throws GhostException if it cannot be written
     */
    static void toFile(Path file) throws GhostException {
        try {
            Files.newByteChannel(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))).close();
        } catch (IOException e) {
            throw new GhostException("cannot write the log: " + Sentences.of(e));
        }
        System.setProperty("ghost.log", file.toString());
        System.setProperty("log4j2.configurationFile", "classpath:ghost-log.properties");
    }

    /** Writes out what is pending, and ends logging. */
    static void end() {
        LogManager.shutdown();
    }
}
