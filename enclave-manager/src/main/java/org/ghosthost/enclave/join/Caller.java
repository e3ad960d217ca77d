package org.ghosthost.enclave.join;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who asks. The superuser may take every thread, anybody else the threads of processes that run under the caller's
 * user alone.
 *
 * @param user as the kernel told it
 */
public record Caller(UserPrincipal user) {
    private static final int MAX_KNOWN = 1_024;
    /** Users by number: to look one up reads files. What one is called does not matter, so nothing grows old here. */
    private static final Map<Integer, UserPrincipal> KNOWN = new ConcurrentHashMap<>();

    /** The user of this process. */
    public static Caller self() throws IOException {
        return new Caller(Files.getOwner(Path.of("/proc/self")));
    }

    boolean mayTake(ProcessTable.ThreadState thread) throws IOException {
        return is(0) || (is(thread.realUser()) && is(thread.effectiveUser()) && is(thread.savedUser()));
    }

    private boolean is(int number) throws IOException {
        UserPrincipal known = KNOWN.get(number);
        if (known == null) {
            // A text of digits is taken for the number of a user, if no user has it for a name.
            known = FileSystems.getDefault().getUserPrincipalLookupService()
                    .lookupPrincipalByName(Integer.toString(number));
            if (KNOWN.size() < MAX_KNOWN) {
                KNOWN.put(number, known);
            }
        }
        return user.equals(known);
    }
}
