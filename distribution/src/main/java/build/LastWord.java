package build;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A task of Ant whose text is the last line of the build, behind Maven's own summary, where it cannot be overlooked.
 * It is compiled for the Java that Maven runs on.
 */
public final class LastWord {
    private Path file = Path.of("");

    /** The file with the line; without it nothing is printed. */
    public void setFile(String name) {
        file = Path.of(name);
    }

    /** Called by Ant. */
    public void execute() throws IOException {
        if (Files.exists(file)) {
            List<String> lines = Files.readAllLines(file);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> print(lines)));
        }
    }

    private static void print(List<String> lines) {
        // Maven has wrapped System.out, and may have closed it by now
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        lines.forEach(out::println);
    }
}
