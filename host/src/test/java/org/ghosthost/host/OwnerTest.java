package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnerTest {
    @TempDir
    Path folder;

    private static UserPrincipal user(String number) throws Exception {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(number);
    }

    @Test
    void theHostsUserAndRootAreTrustedAndNobodyElse() throws Exception {
        UserPrincipal self = user("4711");
        UserPrincipal root = Owner.root();
        assertTrue(Owner.trusted(user("4711"), self, root));
        assertTrue(Owner.trusted(user("0"), self, root));
        assertFalse(Owner.trusted(user("4712"), self, root));
        assertFalse(Owner.trusted(user("4711"), root, root));
    }

    @Test
    void thisProcessKnowsItsUser() throws Exception {
        assertEquals(Files.getOwner(Files.createFile(folder.resolve("mine"))), Owner.self());
    }

    @Test
    void aFileThatOthersCanWriteIsRefused() throws Exception {
        Path file = Files.createFile(folder.resolve("p.jar"));
        for (String mode : new String[] {"rw-rw-r--", "rw-r--rw-"}) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            assertTrue(assertThrows(GhostException.class, () -> Owner.checkSource(file)).getMessage()
                    .contains("chmod go-w"), mode);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Owner.checkSource(file);
    }

    @Test
    void aFileInAFolderThatEverybodyCanWriteToIsRefused() throws Exception {
        Path open = Files.createDirectory(folder.resolve("open"));
        Path file = Files.createFile(open.resolve("p.jar"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertTrue(assertThrows(GhostException.class, () -> Owner.checkSource(file)).getMessage()
                .contains(open + " can be written by everybody"));
    }

    @Test
    void aFileOfSomebodyElseIsRefused() throws Exception {
        assumeTrue(Owner.self().equals(Owner.root()), "only root can give files away");
        Path file = Files.createFile(folder.resolve("p.jar"));
        Files.setOwner(file, user("4711"));
        assertTrue(assertThrows(GhostException.class, () -> Owner.checkSource(file)).getMessage()
                .contains("belongs to 4711"));
    }

    @Test
    void aFolderIsNoFile() {
        assertEquals(folder + " is not a file",
                assertThrows(GhostException.class, () -> Owner.checkSource(folder)).getMessage());
    }
}
