package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The guest itself, and the scenarios that every kernel must pass. */
final class GuestIT {
    @TempDir
    private Path folder;

    @BeforeAll
    static void aGuestIsNeeded() throws Exception {
        Guest.isNeededBy(GuestIT.class);
    }

    @Test
    void outputErrorsFilesAndStatusComeThrough() throws Exception {
        Path file = Files.writeString(folder.resolve("a file"), "brought\n");
        Path log = folder.resolve("kernel.log");
        Guest.Outcome outcome = Guest.run(
                List.of("--cpus", "2", "--file", file + ":/x/y z", "--env", "WORD=two words", "--log", log.toString()),
                "bash", "-c", "cat '/x/y z'; echo \"$WORD\" \"$1\"; nproc; echo complaint >&2; exit 7", "name", "a  *");
        assertEquals(7, outcome.status(), outcome.err());
        assertEquals("brought\ntwo words a  *\n2\n", outcome.out());
        assertTrue(outcome.err().startsWith("complaint\n"), outcome.err());
        assertTrue(Files.readString(log).contains("Linux version"), "the kernel's messages");
    }

    @Test
    void aCommandThatIsNotDoneInTimeIsEnded() throws Exception {
        Guest.Outcome outcome = Guest.run(List.of("--timeout", "8", "--log", folder.resolve("log").toString()),
                "bash", "-c", "echo begun; sleep 1000");
        assertEquals(124, outcome.status(), outcome.err());
        assertEquals("begun\n", outcome.out());
        assertTrue(outcome.err().contains("not done after 8 s"), outcome.err());
    }

    @Test
    void aMistakeIsOneSentence() throws Exception {
        Guest.Outcome outcome = Guest.run(List.of("--kernel", "7.1"), "true");
        assertEquals(125, outcome.status());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("guest: There is no usable kernel 7.1; there are: "), outcome.err());
        assertFalse(outcome.err().contains("7.2"), outcome.err());
    }

    /** What {@link Guest#junit} runs inside. */
    static final class Inside {
        @Test
        void isAGuest() throws Exception {
            assertEquals("disabled", Files.readString(Path.of("/sys/kernel/sched_ext/state")).strip());
        }

        @Test
        void canBeSkipped() {
            Assumptions.abort("as it shall be");
        }
    }

    @TestFactory
    Stream<DynamicTest> junitRunsInside() throws Exception {
        return Guest.junit(List.of("--timeout", "120"), Inside.class);
    }

    @TestFactory
    Stream<DynamicTest> scenariosForEveryKernel() throws Exception {
        return Guest.scenarios("smoke");
    }

    @TestFactory
    Stream<DynamicTest> theSameOnASecondKernel() throws Exception {
        return Guest.scenarios("smoke", "--kernel", "6.18");
    }
}
