package org.ghosthost.host;

import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/** What Gogo calls when it finds no command of a name; without it people get the name of an exception class. */
final class UnknownCommand implements Function {
    /** Scope apart from those that help lists. */
    static final String SCOPE = "unknown";
    /** Name under which Gogo looks for it. */
    static final String FUNCTION = "default";

    /** Says that there is no command {@code words[0]}. */
    @Override
    public Object execute(CommandSession session, List<Object> words) throws GhostException {
        throw new GhostException(sentence(words.getFirst()));
    }

    static String sentence(Object command) {
        return "unknown command '" + command + "': ghost:help lists the commands";
    }
}
