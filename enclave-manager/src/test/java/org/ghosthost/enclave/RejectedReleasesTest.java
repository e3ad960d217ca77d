package org.ghosthost.enclave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RejectedReleasesTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("rolled-back-releases");
    }

    @Test
    void aReleaseIsRememberedByTheNextProcess() {
        new RejectedReleases(file).add("edf 1.1.0");
        RejectedReleases next = new RejectedReleases(file);
        assertTrue(next.contains("edf 1.1.0"));
        assertFalse(next.contains("edf 1.1"));
        assertFalse(next.contains("edf 1.1.0.b"));
    }

    @Test
    void withoutAFileItIsRememberedUntilTheProcessEnds() {
        RejectedReleases rejected = new RejectedReleases(null);
        rejected.add("edf 1.1.0");
        assertTrue(rejected.contains("edf 1.1.0"));
    }

    @Test
    void theSameReleaseIsWrittenOnce() throws IOException {
        RejectedReleases rejected = new RejectedReleases(file);
        rejected.add("edf 1.1.0");
        rejected.add("edf 1.1.0");
        new RejectedReleases(file).add("edf 1.1.0");
        assertEquals(1, Files.readAllLines(file).size());
    }

    @Test
    void aTruncatedFileIsReadAsFarAsItGoesAndGoesOnToBeWritten() throws IOException {
        Files.writeString(file, "edf 1.1.0\nshinjuku 1.");
        RejectedReleases rejected = new RejectedReleases(file);
        assertTrue(rejected.contains("edf 1.1.0"));
        assertFalse(rejected.contains("shinjuku 1.0.0"));
        rejected.add("shinjuku 1.0.0");
        RejectedReleases next = new RejectedReleases(file);
        assertTrue(next.contains("edf 1.1.0"));
        assertTrue(next.contains("shinjuku 1.0.0"));
    }

    @Test
    void bytesThatAreNoTextDoNotHideTheLinesThatAre() throws IOException {
        byte[] line = "\nedf 1.1.0\n".getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[line.length + 2];
        bytes[0] = (byte) 0xff;
        bytes[1] = (byte) 0xc3;
        System.arraycopy(line, 0, bytes, 2, line.length);
        Files.write(file, bytes);
        assertTrue(new RejectedReleases(file).contains("edf 1.1.0"));
    }

    @Test
    void anEmptyFileRejectsNothing() throws IOException {
        Files.createFile(file);
        assertFalse(new RejectedReleases(file).contains(""));
    }

    @Test
    void whereItCanNotBeWrittenItIsRememberedAllTheSame() {
        RejectedReleases rejected = new RejectedReleases(directory.resolve("gone").resolve("file"));
        rejected.add("edf 1.1.0");
        assertTrue(rejected.contains("edf 1.1.0"));
    }

    @Test
    void theOldestGoesFirstWhenThereAreTooMany() {
        RejectedReleases rejected = new RejectedReleases(null);
        for (int i = 0; i <= RejectedReleases.MAX_REMEMBERED; i++) {
            rejected.add("edf 1.0." + i);
        }
        assertFalse(rejected.contains("edf 1.0.0"));
        assertTrue(rejected.contains("edf 1.0.1"));
        assertTrue(rejected.contains("edf 1.0." + RejectedReleases.MAX_REMEMBERED));
    }
}
