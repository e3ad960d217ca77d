package org.ghosthost.simulate;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that is there whole or not at all: written under the name with {@code .part} behind it, and renamed when it is
 * complete. What is no regular file, a pipe or a device, is written directly.
 */
final class OutputFile implements AutoCloseable {
    private final Path target;
    private final Path written;
    private final OutputStream out;
    private boolean complete;

    private OutputFile(Path target, Path written, OutputStream out) {
        this.target = target;
        this.written = written;
        this.out = out;
    }

    /**
     * Opens a file for writing.
     *
     * @throws SimulateException if it cannot be written
     */
    static OutputFile open(Path target) {
        if (Files.isDirectory(target)) {
            throw new SimulateException("cannot write " + target + ": it is a directory; name a file");
        }
        boolean direct = Files.exists(target) && !Files.isRegularFile(target);
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new SimulateException("cannot write " + target + ": you may not; choose another file");
        }
        Path written = direct ? target : target.resolveSibling(target.getFileName() + ".part");
        try {
            return new OutputFile(target, written, Files.newOutputStream(written));
        } catch (IOException e) {
            throw trouble(target, e);
        }
    }

    OutputStream stream() {
        return out;
    }

    /**
     * Gives the file its name.
     *
     * @throws SimulateException if not all of it could be written
     */
    void complete() {
        try {
            out.close();
            if (!written.equals(target)) {
                Files.move(written, target, StandardCopyOption.REPLACE_EXISTING);
            }
            complete = true;
        } catch (IOException e) {
            throw trouble(target, e);
        }
    }

    /** One sentence about a file that could not be written. */
    static SimulateException trouble(Path target, IOException e) {
        String reason = switch (e) {
            case NoSuchFileException missing -> "there is no such folder";
            case AccessDeniedException denied -> "you may not";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
        return new SimulateException("cannot write " + target + ": " + reason + "; the file was not made", e);
    }

    /** Removes what was written, unless it is complete. */
    @Override
    public void close() {
        if (complete) {
            return;
        }
        try (out) {
            if (!written.equals(target)) {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            // What made the file incomplete is reported already, and the name says that it is a part.
        }
    }
}
