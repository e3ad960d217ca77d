package org.ghosthost.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The private folder of one host: lock, control socket, client socket, log, Felix's cache (scratch) and {@code state}
 * (the truth that outlives the process). The lock is the host's own, because Felix does not look at the result of its
 * own.
 */
final class WorkDirectory implements AutoCloseable {
    /** What a host is called when nobody says otherwise. */
    static final String DEFAULT_NAME = "default";

    /** Where the hosts of the superuser are, which serve the threads of all users. */
    static final Path OF_ROOT = Path.of("/run/ghosthost");

    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    /** Whoever knows the name of a file may get to it, as far as the file itself allows that. */
    private static final FileAttribute<?> PASSABLE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x"));
    private static final int MAX_PID_BYTES = 32;

    private final Path path;
    private final Path state;
    private final FileChannel lockFile;
    private final FileLock lock;

    private WorkDirectory(Path path, Path state, FileChannel lockFile, FileLock lock) {
        this.path = path;
        this.state = state;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** The folder that holds the work directories of this user's hosts: the same for every process of the user. */
    static Path base(Map<String, String> environment) {
        String runtime = environment.get("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/") && isOwn(Path.of(runtime))) {
            return Path.of(runtime, "ghosthost");
        }
        if (isRoot() && isOwn(Path.of("/run"))) {
            return OF_ROOT;
        }
        Path home = Path.of(System.getProperty("user.home"));
        if (home.isAbsolute() && isOwn(home)) {
            return home.resolve(".ghosthost");
        }
        return Path.of("/tmp", "ghosthost-" + System.getProperty("user.name"));
    }

    private static boolean isRoot() {
        try {
            return Owner.self().equals(Owner.root());
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean isOwn(Path folder) {
        try {
            return Files.isDirectory(folder) && Files.getOwner(folder).equals(Owner.self())
                    && Files.isWritable(folder);
        } catch (IOException _) {
            return false;
        }
    }

    /**
     * The work directory of the host with this name.
     *
     * @throws GhostException if the name cannot be that of a folder
     */
    static Path named(String name) throws GhostException {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,39}")) {
            throw GhostException.usage("not a name for a host: '" + name + "' (letters, digits, '.', '_' and '-')");
        }
        return base(System.getenv()).resolve(name);
    }

    /**
     * Makes the folder if need be and takes it for this process.
     *
     * @throws GhostException if another host has it, or others can write to it
     */
    static WorkDirectory open(Path folder) throws GhostException {
        return open(folder, folder.resolve("state"));
    }

    /** As {@link #open(Path)}; {@code stateFolder} holds what outlives the process. */
    static WorkDirectory open(Path folder, Path stateFolder) throws GhostException {
        Path path = folder.toAbsolutePath().normalize();
        Path state = stateFolder.toAbsolutePath().normalize();
        try {
            createPrivate(path);
            FileChannel lockFile = FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(lockFile);
            if (lock == null) {
                String pid = readPid(lockFile);
                lockFile.close();
                throw new GhostException("work directory " + path + " is in use by process " + pid
                        + ": choose another by --name or --workdir");
            }
            lockFile.truncate(0);
            lockFile.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(
                    StandardCharsets.US_ASCII)));
            createPrivate(state);
            return new WorkDirectory(path, state, lockFile, lock);
        } catch (IOException e) {
            throw new GhostException("cannot use work directory " + path + ": " + Sentences.of(e));
        }
    }

    private static void createPrivate(Path path) throws IOException, GhostException {
        Path parent = path.getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            createPrivate(parent);
        }
        try {
            boolean passable = path.equals(OF_ROOT) || OF_ROOT.equals(path.getParent());
            Files.createDirectory(path, passable ? PASSABLE : PRIVATE);
        } catch (FileAlreadyExistsException _) {
            Owner.checkFolder(path);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    private static String readPid(FileChannel file) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_PID_BYTES);
        file.read(text, 0);
        return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
    }

    Path path() {
        return path;
    }

    Path state() {
        return state;
    }

    Path cache() {
        return path.resolve("cache");
    }

    Path log() {
        return path.resolve("host.log");
    }

    Path consoleHome() {
        return path.resolve("console");
    }

    Path socket() {
        return socket(path);
    }

    /** The control socket of the host with this work directory. */
    static Path socket(Path workDirectory) {
        return workDirectory.resolve("control");
    }

    /** The socket at which clients of the host with this work directory bring their threads in. */
    static Path clientSocket(Path workDirectory) {
        return workDirectory.resolve("client");
    }

    /** Gives the folder back; what is in {@code state} stays. */
    @Override
    public void close() throws IOException {
        try (lockFile) {
            lock.release();
        }
    }
}
