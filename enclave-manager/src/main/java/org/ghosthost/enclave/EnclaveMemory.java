package org.ghosthost.enclave;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.ghosthost.policy.PolicyMemory;
import org.ghosthost.policy.StatusWords;

/** Policy memory of an enclave: 64 bytes for each status word, and who wrote them, in which layout version. */
final class EnclaveMemory {
    private final StatusWords statusWords;
    private final MemorySegment memory;
    private String owner = "";
    private int ownerVersion;

    EnclaveMemory(StatusWords statusWords) {
        this.statusWords = statusWords;
        long bytes = (long) statusWords.capacity() * PolicyMemory.SLOT_SIZE;
        memory = Arena.ofAuto().allocate(bytes, PolicyMemory.SLOT_SIZE);
    }

    int slots() {
        return statusWords.capacity();
    }

    StatusWords statusWords() {
        return statusWords;
    }

    PolicyMemory view() {
        return new PolicyMemory(memory);
    }

    /** Layout version that this release finds, 0 if what is there is another policy's. */
    int inherited(PolicyRelease release) {
        return owner.equals(release.name()) ? ownerVersion : 0;
    }

    void ownedBy(PolicyRelease release, int layoutVersion) {
        owner = layoutVersion == 0 ? "" : release.name();
        ownerVersion = layoutVersion;
    }

    /** A task enters: its bytes are zero. */
    void clear(int statusWord) {
        long at = (long) statusWord * PolicyMemory.SLOT_SIZE;
        for (int word = 0; word < PolicyMemory.SLOT_SIZE; word += Long.BYTES) {
            memory.set(java.lang.foreign.ValueLayout.JAVA_LONG, at + word, 0);
        }
    }
}
