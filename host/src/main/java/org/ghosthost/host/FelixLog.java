package org.ghosthost.host;

import org.apache.felix.framework.Logger;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.jspecify.annotations.Nullable;

/** Puts what Felix says into the log, without stack traces: whoever asked for an action is told of its failure. */
final class FelixLog extends Logger {
    private static final org.apache.logging.log4j.Logger LOG = LogManager.getLogger("felix");

    @Override
    protected void doLog(int level, String message, @Nullable Throwable throwable) {
        LOG.log(level <= LOG_WARNING ? Level.WARN : Level.DEBUG, message);
    }
}
