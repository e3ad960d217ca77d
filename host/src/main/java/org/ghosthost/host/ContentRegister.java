package org.ghosthost.host;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the content of every release that this host took, so that one version never stands for two contents as long
 * as it lives. A restart forgets: no generation of the former life is left that the name could be mistaken for.
 */
final class ContentRegister {
    private static final int MAX_RELEASES = 10_000;

    private final Map<String, String> digests = new LinkedHashMap<>();

    /**
     * Checks that this release is new, or the same as ever. Changes nothing.
     *
     * @throws GhostException if it was taken with other content before
     */
    synchronized void check(PolicyJar jar) throws GhostException {
        String known = digests.get(jar.title());
        if (known != null && !known.equals(jar.sha256())) {
            throw new GhostException(jar.title() + " was taken before with other content: give the new build a version"
                    + " of its own");
        }
    }

    /** Checks this release as {@link #check} does, and remembers it. */
    synchronized void take(PolicyJar jar) throws GhostException {
        check(jar);
        digests.put(jar.title(), jar.sha256());
        if (digests.size() > MAX_RELEASES) {
            digests.remove(digests.keySet().iterator().next());
        }
    }
}
