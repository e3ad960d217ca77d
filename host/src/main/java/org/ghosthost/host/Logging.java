package org.ghosthost.host;

import java.nio.file.Path;
import org.apache.logging.log4j.LogManager;

/** Where the log goes. Called before the first logger is made. */
final class Logging {
    private Logging() {}

    /** Everything from INFO up goes to this file. */
    static void toFile(Path file) {
        System.setProperty("ghost.log", file.toString());
        System.setProperty("log4j2.configurationFile", "classpath:ghost-log.properties");
    }

    /** Writes out what is pending, and ends logging. */
    static void end() {
        LogManager.shutdown();
    }
}
