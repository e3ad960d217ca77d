package org.ghosthost.enclave.join;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.ghosthost.enclave.join.ProcessTable.ThreadState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads recorded trees of files. */
final class ProcessTableTest {
    @TempDir
    Path root;

    private ProcessTable processes;

    @BeforeEach
    void make() {
        processes = new ProcessTable(root.resolve("proc"), root.resolve("cgroup"));
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void thread(int tid, int process, String name, char state, int flags, long startTime) throws IOException {
        write("proc/" + tid + "/stat", tid + " (" + name + ") " + state + " 1 1 1 0 -1 " + flags
                + " 0 0 0 0 0 0 0 0 20 0 1 0 " + startTime + " 0 0\n");
        write("proc/" + tid + "/status", "Name:\t" + name + "\nTgid:\t" + process + "\nUid:\t1000\t1001\t1002\t1003\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "a) R 1 (b", "with blank", "("})
    void aThreadIsReadWhateverItsNameIs(String name) throws IOException {
        thread(4712, 4711, name, 'S', 0x400040, 987654321L);
        assertEquals(new ThreadState(4712, 4711, 1000, 1001, 1002, 987654321L, false), processes.thread(4712));
    }

    @Test
    void aKernelThreadIsToldByItsFlag() throws IOException {
        thread(2, 2, "kthreadd", 'S', 0x208040, 0);
        assertTrue(processes.thread(2).kernelThread());
    }

    @Test
    void theDeadAndTheUnreadableAreNotThere() throws IOException {
        thread(5, 5, "zombie", 'Z', 0, 1);
        write("proc/6/stat", "6 (x");
        write("proc/7/stat", "");
        for (int tid = 5; tid <= 8; tid++) {
            assertNull(processes.thread(tid));
        }
    }

    @Test
    void aNumberThatBelongsToAnotherThreadNowIsNoticed() throws IOException {
        thread(9, 9, "old", 'R', 0, 100);
        ThreadState old = processes.thread(9);
        assertTrue(old.same(processes.thread(9)));
        thread(9, 9, "old", 'R', 0, 200);
        assertEquals(false, old.same(processes.thread(9)));
        assertEquals(false, old.same(null));
    }

    @Test
    void theThreadsOfAProcessAreItsTasks() throws IOException {
        write("proc/9/task/9/stat", "");
        write("proc/9/task/11/stat", "");
        assertEquals(List.of(9, 11), processes.threads(9).stream().sorted().toList());
        assertEquals(List.of(), processes.threads(10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cgroup", "cgroup/unified"})
    void aCgroupIsFoundByEachOfItsNames(String mount) throws IOException {
        write(mount + "/cgroup.procs", "1\n");
        write(mount + "/app/cgroup.procs", "7\n0\n");
        write(mount + "/app/below/cgroup.procs", "8\n");
        Path folder = root.resolve(mount).resolve("app");
        for (String name : List.of("app", "/app", "app/below/..", folder.toString())) {
            assertEquals(folder, processes.cgroup(name));
        }
        assertEquals(List.of(7, 8), processes.processes(folder).stream().sorted().toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"absent", "../proc", "/etc", "app/../../.."})
    void whatIsNoCgroupIsRefused(String name) throws IOException {
        write("cgroup/cgroup.procs", "");
        write("proc/cgroup.procs", "");
        assertThrows(IOException.class, () -> processes.cgroup(name));
    }
}
