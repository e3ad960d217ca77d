package org.ghosthost.kernel.schedext.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A libbpf that lies on this machine; its file name says its version.
 *
 * @param file where it is
 * @param major the number before the first dot
 * @param minor the number after it
 * @param patch the last one
 */
public record Libbpf(Path file, int major, int minor, int patch) implements Comparable<Libbpf> {
    /** The oldest one that fills in a struct_ops map of a kernel which knows fewer members than the program does. */
    static final int OLDEST_MINOR = 4;

    private static final Pattern NAME = Pattern.compile("libbpf\\.so\\.(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");
    private static final List<String> FOLDERS = List.of("usr/local/lib64", "usr/local/lib", "usr/lib64", "lib64",
            "usr/lib", "lib", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu",
            "lib/aarch64-linux-gnu");

    /** The newest one in the usual folders below {@code root}. */
    static Optional<Libbpf> find(Path root) {
        List<Libbpf> found = new ArrayList<>();
        for (String folder : FOLDERS) {
            try (Stream<Path> files = Files.list(root.resolve(folder))) {
                files.map(Libbpf::of).flatMap(Optional::stream).forEach(found::add);
            } catch (IOException _) {
                // No such folder here.
            }
        }
        return found.stream().max(Libbpf::compareTo);
    }

    private static Optional<Libbpf> of(Path file) {
        Matcher matcher = NAME.matcher(file.getFileName().toString());
        return matcher.matches() ? Optional.of(new Libbpf(file, Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)))) : Optional.empty();
    }

    /** Whether it does what the loader needs. */
    boolean newEnough() {
        return major == 1 && minor >= OLDEST_MINOR;
    }

    /** Its version, for people. */
    public String version() {
        return major + "." + minor + "." + patch;
    }

    @Override
    public int compareTo(Libbpf other) {
        int byMajor = Integer.compare(major, other.major);
        int byMinor = byMajor != 0 ? byMajor : Integer.compare(minor, other.minor);
        return byMinor != 0 ? byMinor : Integer.compare(patch, other.patch);
    }
}
