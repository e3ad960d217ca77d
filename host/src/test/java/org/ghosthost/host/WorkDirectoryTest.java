package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void aWorkDirectoryBelongsToOneHostAtATime() throws Exception {
        Path path = folder.resolve("a/b");
        try (WorkDirectory first = WorkDirectory.open(path)) {
            String sentence = assertThrows(GhostException.class, () -> WorkDirectory.open(first.path())).getMessage();
            assertEquals("work directory " + path + " is in use by process " + ProcessHandle.current().pid()
                    + ": choose another by --name or --workdir", sentence);
        }
        WorkDirectory.open(path).close();
    }

    @Test
    void aWorkDirectoryIsPrivate() throws Exception {
        Path path = folder.resolve("w");
        WorkDirectory.open(path).close();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path.resolve("state"))));
    }

    @Test
    void whatOutlivesTheHostMayLieElsewhere() throws Exception {
        Path state = folder.resolve("elsewhere");
        try (WorkDirectory work = WorkDirectory.open(folder.resolve("w"), state)) {
            assertEquals(state, work.state());
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state)));
        }
    }

    @Test
    void aFolderThatOthersCanWriteToIsRefused() throws Exception {
        Path path = Files.createDirectory(folder.resolve("open"));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertTrue(assertThrows(GhostException.class, () -> WorkDirectory.open(path)).getMessage()
                .contains("can be written by others"));
    }

    @Test
    void aFileInItsPlaceIsOneSentence() throws Exception {
        Path path = Files.createFile(folder.resolve("file"));
        assertEquals(path + " is not a folder",
                assertThrows(GhostException.class, () -> WorkDirectory.open(path)).getMessage());
        assertThrows(GhostException.class, () -> WorkDirectory.open(path.resolve("below")));
    }

    @Test
    void theRuntimeFolderOfTheUserComesFirstAndHomeSecond() {
        assertEquals(folder.resolve("ghosthost"),
                WorkDirectory.base(Map.of("XDG_RUNTIME_DIR", folder.toString())));
        Path home = WorkDirectory.base(Map.of("XDG_RUNTIME_DIR", folder.resolve("absent").toString()));
        assertEquals(home, WorkDirectory.base(Map.of()));
        assertEquals(home, WorkDirectory.base(Map.of("XDG_RUNTIME_DIR", "relative")));
    }

    @Test
    void aNameIsNoPath() {
        for (String name : new String[] {"", "..", ".hidden", "a/b", "a b", "x".repeat(41)}) {
            assertEquals(GhostException.USAGE,
                    assertThrows(GhostException.class, () -> WorkDirectory.named(name), name).status());
        }
    }
}
