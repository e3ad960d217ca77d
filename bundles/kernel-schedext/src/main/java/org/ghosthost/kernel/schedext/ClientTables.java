package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.ffm.SealedMemory;
import org.ghosthost.policy.priotable.PrioTable;
import org.jspecify.annotations.Nullable;

/**
 * The PrioTables that processes have handed over, each in memory which the process shares and cannot take back. A table
 * is let go when its process is gone, at the next {@link #sweep} or when the next one comes; it is unmapped when no
 * policy uses it any more. Any thread.
 */
final class ClientTables {
    private static final int MAX_TABLES = 4_096;
    /** The largest table that there can be has 8.5 MiB; the mapping may be rounded up to a large page. */
    private static final long MAX_BYTES = 16L << 20;

    private record Entry(PrioTable table, String process) {}

    /** What agents look into: process numbers in order, and their tables. Never changed. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Snapshot(int[] tgids, PrioTable[] tables) {}

    private final Map<Integer, Entry> entries = new HashMap<>();
    private volatile Snapshot snapshot = new Snapshot(new int[0], new PrioTable[0]);

    /** The table of a process, or null. Allocates nothing. */
    @Nullable PrioTable get(int tgid) {
        Snapshot present = snapshot;
        int at = Arrays.binarySearch(present.tgids, tgid);
        return at < 0 ? null : present.tables[at];
    }

    /** As {@link org.ghosthost.enclave.kernel.KernelBackend#takePrioTable}. */
    synchronized void take(int tgid, int descriptor) throws KernelException {
        String process = identity(tgid);
        if (process == null) {
            throw new KernelException(Errno.ESRCH, "there is no process " + tgid);
        }
        sweep();
        if (entries.size() >= MAX_TABLES && !entries.containsKey(tgid)) {
            throw new KernelException(Errno.ENOMEM, "there are PrioTables of " + MAX_TABLES + " processes already");
        }
        try {
            MemorySegment memory = SealedMemory.map(tgid, descriptor, MAX_BYTES);
            entries.put(tgid, new Entry(PrioTable.attach(memory), process));
            publish();
        } catch (NativeException e) {
            throw Errors.of(e);
        } catch (IllegalArgumentException e) {
            throw new KernelException(Errno.EINVAL, String.valueOf(e.getMessage()));
        }
    }

    /** Lets go of the tables whose processes are gone. */
    synchronized void sweep() {
        boolean changed = false;
        for (Iterator<Map.Entry<Integer, Entry>> all = entries.entrySet().iterator(); all.hasNext();) {
            Map.Entry<Integer, Entry> next = all.next();
            if (!next.getValue().process.equals(identity(next.getKey()))) {
                all.remove();
                changed = true;
            }
        }
        if (changed) {
            publish();
        }
    }

    private void publish() {
        int[] tgids = entries.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
        PrioTable[] tables = new PrioTable[tgids.length];
        for (int i = 0; i < tgids.length; i++) {
            Entry entry = entries.get(tgids[i]);
            if (entry == null) {
                throw new AssertionError("process " + tgids[i] + " has no table");
            }
            tables[i] = entry.table;
        }
        snapshot = new Snapshot(tgids, tables);
    }

    /** Tells a process from a later one of the same number: when it started. Null if it is gone. */
    private static @Nullable String identity(int tgid) {
        try {
            String stat = Files.readString(Path.of("/proc", Integer.toString(tgid), "stat"),
                    StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
            return fields.length < 20 || fields[0].equals("Z") || fields[0].equals("X") ? null : fields[19];
        } catch (IOException _) {
            return null;
        }
    }
}
