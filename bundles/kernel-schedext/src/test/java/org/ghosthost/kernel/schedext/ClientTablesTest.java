package org.ghosthost.kernel.schedext;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.priotable.SchedItem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables in the shared memory of real processes, friendly and hostile. */
final class ClientTablesTest {
    /** Makes a table (descriptor 3), then an unsealed memory, a directory, a device and an empty sealed memory. */
    private static final String PROGRAM = """
            #define _GNU_SOURCE
            #include "ghost_client.h"
            #include <fcntl.h>
            #include <stdio.h>
            #include <sys/mman.h>
            #include <unistd.h>
            int main(void)
            {
                ghost_table *table = ghost_table_create(2, 1);
                ghost_table_set_item(table, 1, 0, 4711, GHOST_ITEM_RUNNABLE, 99);
                int open_ended = memfd_create("x", MFD_ALLOW_SEALING);
                int error = ftruncate(open_ended, 4096);
                int folder = open("/tmp", O_RDONLY), device = open("/dev/null", O_RDWR);
                int no_table = memfd_create("y", MFD_ALLOW_SEALING);
                error |= ftruncate(no_table, 4096) | fcntl(no_table, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
                int pipes[2];
                error |= pipe(pipes);
                printf("%d %d %d %d %d\\n", open_ended, folder, device, no_table, pipes[0]);
                fflush(stdout);
                char byte;
                return error | (read(0, &byte, 1) < 0);
            }
            """;
    private static final int TABLE = 3;

    @TempDir
    static Path built;

    private final ClientTables tables = new ClientTables();
    private Process process;
    private int pid;
    private String[] others;

    @BeforeAll
    static void compile() throws Exception {
        assumeTrue(new ProcessBuilder("sh", "-c", "command -v cc").start().waitFor() == 0, "no C compiler here");
        Path source = Files.writeString(built.resolve("program.c"), PROGRAM);
        Path library = Path.of("../../distribution/client");
        assertEquals(0, new ProcessBuilder("cc", "-std=c11", "-pthread", "-I" + library, source.toString(),
                library.resolve("ghost_client.c").toString(), "-o", built.resolve("program").toString())
                .inheritIO().start().waitFor());
    }

    private void start() throws IOException {
        process = new ProcessBuilder(built.resolve("program").toString()).start();
        pid = (int) process.pid();
        BufferedReader out = process.inputReader();
        String line = out.readLine();
        assertNotNull(line);
        others = line.split(" ", -1);
    }

    @AfterEach
    void end() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    private Errno refused(int descriptor) {
        return assertThrows(KernelException.class, () -> tables.take(pid, descriptor)).errno();
    }

    @Test
    void aTableIsReadInPlaceUntilItsProcessIsGone() throws Exception {
        start();
        assertNull(tables.get(pid));
        tables.take(pid, TABLE);
        PrioTable table = tables.get(pid);
        SchedItem item = new SchedItem();
        assertEquals(PrioTable.ReadResult.READ, table.readItem(1, item));
        assertEquals(4711, item.gtid());
        assertEquals(99, item.deadlineNs());
        assertNull(tables.get(pid + 1));
        tables.take(pid, TABLE);
        assertNotSame(table, tables.get(pid), "a later one takes the place of the one before");

        process.destroyForcibly().waitFor();
        tables.sweep();
        assertNull(tables.get(pid));
        assertEquals(PrioTable.ReadResult.READ, table.readItem(1, item), "whoever holds it may go on reading");
        assertEquals(Errno.ESRCH, refused(TABLE));
    }

    @Test
    void whatCouldShrinkOrIsNoMemoryIsRefused() throws Exception {
        start();
        assertEquals(Errno.EPERM, refused(Integer.parseInt(others[0])), "not sealed");
        assertTrue(refused(Integer.parseInt(others[1])) != Errno.EINVAL, "a folder");
        assertEquals(Errno.EBADF, refused(Integer.parseInt(others[2])), "a device");
        assertEquals(Errno.EINVAL, refused(Integer.parseInt(others[3])), "sealed, and no table");
        assertEquals(Errno.EBADF, refused(Integer.parseInt(others[4])), "a pipe");
        assertEquals(Errno.ENOENT, refused(999), "no such file");
        assertNull(tables.get(pid));
    }
}
