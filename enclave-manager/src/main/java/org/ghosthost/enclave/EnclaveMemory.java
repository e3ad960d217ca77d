package org.ghosthost.enclave;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.StatusWords;

/**
 * Policy memory of an enclave: 64 bytes for each status word, and a stamp for each that says who wrote it. A stamp
 * stands for one layout of one policy; it is passed on from a release to the next, until another policy writes. So a
 * change of policy costs the same for any number of tasks.
 */
final class EnclaveMemory {
    private static final int NOBODY = 0;

    private final StatusWords statusWords;
    private final MemorySegment memory;
    private final int[] stamps;
    private String owner = "";
    private int ownerVersion;
    private int ownerStamp = NOBODY;
    private int lastStamp = NOBODY;

    EnclaveMemory(StatusWords statusWords) {
        this.statusWords = statusWords;
        long bytes = (long) statusWords.capacity() * PolicyMemory.SLOT_SIZE;
        memory = Arena.ofAuto().allocate(bytes, PolicyMemory.SLOT_SIZE);
        stamps = new int[statusWords.capacity()];
    }

    /** What one generation sees, and the stamp that it writes. */
    record View(PolicyMemory memory, int stamp, int inherited) {}

    int slots() {
        return statusWords.capacity();
    }

    StatusWords statusWords() {
        return statusWords;
    }

    /** For a generation of {@code release} whose layout has this version; 0 = it keeps nothing. */
    View view(PolicyRelease release, int layoutVersion) {
        boolean same = ownerVersion != 0 && owner.equals(release.name());
        int stamp = same && ownerVersion == layoutVersion ? ownerStamp : ++lastStamp;
        int inherited = same ? ownerStamp : stamp;
        return new View(new PolicyMemory(memory, stamps, stamp, inherited), stamp, same ? ownerVersion : 0);
    }

    /** This release leads from now on. One that keeps nothing leaves what there is to those who come after it. */
    void ownedBy(PolicyRelease release, int layoutVersion, int stamp) {
        if (layoutVersion != 0) {
            owner = release.name();
            ownerVersion = layoutVersion;
            ownerStamp = stamp;
        }
    }

    /** A task enters: its bytes are zero. */
    void clear(int statusWord) {
        stamps[statusWord] = NOBODY;
    }
}
