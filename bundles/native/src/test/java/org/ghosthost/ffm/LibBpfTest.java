package org.ghosthost.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

final class LibBpfTest {
    @Test
    void aLibraryThatIsNotThereIsNamedAndWhatToInstall() {
        NativeException refused = assertThrows(NativeException.class, () -> LibBpf.find("/nowhere/libbpf.so.1"));
        assertTrue(refused.getMessage().contains("/nowhere/libbpf.so.1"), refused.getMessage());
        assertTrue(refused.getMessage().contains("install"), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count());
    }

    @Test
    void aLibraryIsNewEnoughOrRefusedWithItsVersion() throws NativeException {
        try {
            LibBpf found = LibBpf.find(LibBpf.DEFAULT_NAME);
            assertTrue(found.version().matches("\\d+\\.\\d+"), found.version());
            NativeException refused = assertThrows(NativeException.class, () -> found.open(new byte[100]));
            assertTrue(refused.errno() > 0, refused.getMessage());
        } catch (NativeException e) {
            assumeTrue(!e.getMessage().contains("not found"), e.getMessage());
            assertTrue(e.getMessage().matches(".*is libbpf \\d+\\.\\d+, which is too old.*"), e.getMessage());
        }
    }
}
