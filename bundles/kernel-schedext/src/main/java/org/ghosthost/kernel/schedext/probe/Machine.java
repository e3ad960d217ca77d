package org.ghosthost.kernel.schedext.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** The small files in which Linux describes itself, below a root folder that is {@code /} outside of tests. */
final class Machine {
    private static final int MAX_FILE_BYTES = 1 << 20;

    private final Path root;

    Machine(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    Path path(String file) {
        return root.resolve(file);
    }

    boolean has(String file) {
        return Files.exists(path(file));
    }

    /** The text of a file without the white space around it; null if it cannot be read. */
    @Nullable String text(String file) {
        try (InputStream in = Files.newInputStream(path(file))) {
            return text(in);
        } catch (IOException _) {
            return null;
        }
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8).strip();
    }

    /** The lines of a file; none if it cannot be read. */
    List<String> lines(String file) {
        String text = text(file);
        return text == null ? List.of() : text.lines().toList();
    }

    /** What follows {@code key} and a colon in a file of /proc; null if it is not there. */
    @Nullable String value(String file, String key) {
        for (String line : lines(file)) {
            if (line.startsWith(key + ":")) {
                return line.substring(key.length() + 1).strip();
            }
        }
        return null;
    }

    /** The types of the file systems that are mounted at {@code folder}. */
    List<String> fileSystemsAt(String folder) {
        List<String> types = new ArrayList<>();
        for (String line : lines("proc/self/mounts")) {
            String[] words = line.split(" ", -1);
            if (words.length > 2 && words[1].equals(folder)) {
                types.add(words[2]);
            }
        }
        return types;
    }

    /** The release of the kernel, such as {@code 7.3.4-amd64}. */
    String release() {
        String release = text("proc/sys/kernel/osrelease");
        return release == null ? "of unknown release" : release;
    }

    /** How an option of the kernel was set when it was built: {@code y}, {@code n}; null if that is not known. */
    @Nullable String option(String name) {
        for (String line : configuration()) {
            if (line.startsWith(name + "=")) {
                return line.substring(name.length() + 1);
            }
            if (line.equals("# " + name + " is not set")) {
                return "n";
            }
        }
        return null;
    }

    private List<String> configuration() {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path("proc/config.gz")))) {
            return text(in).lines().toList();
        } catch (IOException _) {
            return lines("boot/config-" + release());
        }
    }
}
