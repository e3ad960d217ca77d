package org.ghosthost.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {

    @TempDir
    private Path folder;

    @Test
    void aFileHasItsNameOnlyWhenItIsComplete() throws IOException {
        Path target = folder.resolve("result.json");
        try (OutputFile file = OutputFile.open(target)) {
            file.stream().write('x');
            assertFalse(Files.exists(target));
            file.complete();
        }
        assertEquals("x", Files.readString(target));
        assertEquals(1, names().size());
    }

    @Test
    void aFileThatIsNotCompletedIsRemovedAndTheOldOneKept() throws IOException {
        Path target = folder.resolve("result.json");
        Files.writeString(target, "old");
        try (OutputFile file = OutputFile.open(target)) {
            file.stream().write('x');
        }
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("result.json"), names());
    }

    @Test
    void aDirectoryAndAMissingFolderAreRefusedInOneSentence() {
        String directory = assertThrows(SimulateException.class, () -> OutputFile.open(folder)).getMessage();
        assertEquals("cannot write " + folder + ": it is a directory; name a file", directory);
        Path lost = folder.resolve("none/result.json");
        String missing = assertThrows(SimulateException.class, () -> OutputFile.open(lost)).getMessage();
        assertEquals("cannot write " + lost + ": there is no such folder; the file was not made", missing);
    }

    @Test
    void aDeviceIsWrittenDirectlyAndIsNotRemoved() throws IOException {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device));
        try (OutputFile file = OutputFile.open(device)) {
            file.stream().write('x');
            file.complete();
        }
        assertTrue(Files.exists(device) && !Files.exists(Path.of("/dev/null.part")));
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
