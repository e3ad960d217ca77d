package org.ghosthost.kernel.schedext;

import java.util.Locale;

/** The syscall programs of the BPF object, in the order of the table at the end of {@code ghost_abi.h}. */
enum Program {
    COMMIT, CREATE_ENCLAVE, DESTROY_ENCLAVE, SET_CPU, ATTACH_AGENT, DETACH_AGENT, PING, ENTER, LEAVE, ASSOCIATE,
    FREE_WORD, KICK, KICK_ALL;

    /** Its name in the object. */
    String text() {
        return "ghost_" + name().toLowerCase(Locale.ROOT);
    }
}
