package org.ghosthost.enclave.join;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes and threads of a machine, as /proc and the cgroup file system show them. */
final class ProcessTable {
    /** More threads than Linux can have. */
    private static final int MAX_THREADS = 1 << 22;
    private static final int KERNEL_THREAD = 0x0020_0000;
    // Numbers of the fields of /proc/TID/stat, counted from the state, which is the first after the name.
    private static final int STATE = 0;
    private static final int FLAGS = 6;
    private static final int START_TIME = 19;

    private final Path proc;
    private final Path cgroups;

    /**
     * One thread at this moment.
     *
     * @param tid its number
     * @param process the process that it belongs to
     * @param startTime when it started, in ticks; tells it from a later one with the same number
     */
    record ThreadState(int tid, int process, int realUser, int effectiveUser, int savedUser, long startTime,
            boolean kernelThread) {
        /** Whether this is still the same thread. */
        boolean same(@Nullable ThreadState other) {
            return other != null && tid == other.tid && startTime == other.startTime;
        }
    }

    /** Files below other folders than {@code /proc} and {@code /sys/fs/cgroup} are for tests. */
    ProcessTable(Path proc, Path cgroups) {
        this.proc = proc;
        this.cgroups = cgroups;
    }

    /** A thread; null if there is none with this number, or it is dead. */
    @Nullable ThreadState thread(int tid) {
        try {
            Path folder = proc.resolve(Integer.toString(tid));
            String stat = Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
            int fields = stat.lastIndexOf(')') + 2;
            String state = field(stat, fields, STATE);
            if (state.equals("Z") || state.equals("X")) {
                return null;
            }
            String status = Files.readString(folder.resolve("status"), StandardCharsets.ISO_8859_1);
            String[] users = value(status, "Uid:").split("\\s+", -1);
            return new ThreadState(tid, Integer.parseInt(value(status, "Tgid:")), user(users[0]), user(users[1]),
                    user(users[2]), Long.parseLong(field(stat, fields, START_TIME)),
                    (Long.parseLong(field(stat, fields, FLAGS)) & KERNEL_THREAD) != 0);
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException _) {
            return null; // it ended while it was read
        }
    }

    private static String field(String text, int from, int number) {
        int begin = from;
        for (int i = 0; i < number; i++) {
            begin = text.indexOf(' ', begin) + 1;
        }
        int end = text.indexOf(' ', begin);
        return text.substring(begin, end);
    }

    /** What stands behind a key at the start of a line. */
    private static String value(String text, String key) {
        int begin = text.indexOf("\n" + key) + 1 + key.length();
        return text.substring(begin, text.indexOf('\n', begin)).strip();
    }

    private static int user(String text) {
        return Integer.parseUnsignedInt(text);
    }

    /** The threads of a process; none if it is gone. */
    List<Integer> threads(int process) {
        List<Integer> threads = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(proc.resolve(Integer.toString(process)).resolve("task"))) {
            tasks.limit(MAX_THREADS).forEach(task -> threads.add(Integer.valueOf(task.getFileName().toString())));
        } catch (IOException | UncheckedIOException _) {
            return threads;
        }
        return threads;
    }

    /**
     * The folder of a cgroup.
     *
     * @param name absolute, or below the root of cgroup v2
     * @throws IOException if it is not there; the message names it
     */
    Path cgroup(String name) throws IOException {
        Path root = Files.exists(cgroups.resolve("cgroup.procs")) ? cgroups : cgroups.resolve("unified");
        Path named = Path.of(name);
        Path folder = (named.startsWith(cgroups) ? named : root.resolve(name.replaceFirst("^/+", ""))).normalize();
        if (!folder.startsWith(root) || !Files.isRegularFile(folder.resolve("cgroup.procs"))) {
            throw new NotDirectoryException(folder.toString());
        }
        return folder;
    }

    /** The processes of a cgroup and of those below it; those that are seen while they move may be missing. */
    List<Integer> processes(Path cgroup) throws IOException {
        List<Integer> processes = new ArrayList<>();
        try (Stream<Path> folders = Files.walk(cgroup)) {
            for (Path folder : (Iterable<Path>) folders.filter(Files::isDirectory)::iterator) {
                processesOf(folder, processes);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return processes;
    }

    private static void processesOf(Path cgroup, List<Integer> into) throws IOException {
        for (String line : Files.readAllLines(cgroup.resolve("cgroup.procs"))) {
            int process = Integer.parseInt(line.strip());
            if (process > 0) { // 0 is a process of another container
                into.add(process);
            }
        }
    }
}
