package org.ghosthost.kernel.schedext.probe;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Process;
import org.jspecify.annotations.Nullable;

/** The Gogo function {@code ghost:doctor}, which is the subcommand {@code ghost doctor} too. */
public final class Doctor {
    private static final String NATIVE = "org.ghosthost.ffm";
    private static final String USAGE = "usage: doctor [--json]";

    private final Path root;

    /** Looks at the machine whose files lie below {@code root}. */
    public Doctor(Path root) {
        this.root = root;
    }

    /** Names of the functions. */
    public static String[] functions() {
        return new String[] {"doctor"};
    }

    /** Prints the checklist; 0 if sched_ext can be used, else 1. */
    @Descriptor("say whether this machine can schedule real threads through sched_ext, and what is missing")
    public int doctor(CommandSession session, @Descriptor("[--json]") String[] arguments) {
        Process process = Process.Utils.current();
        return doctor(List.of(arguments), process == null ? session.getConsole() : process.out());
    }

    int doctor(List<String> words, PrintStream out) {
        if (words.contains("--help")) {
            out.println(USAGE + "\nSays whether this machine can schedule real threads through sched_ext."
                    + " Exit status: 0 = it can, 1 = it cannot.");
            return 0;
        }
        for (String word : words) {
            if (!word.equals("--json")) {
                throw new IllegalArgumentException("'" + word + "' is too much; " + USAGE);
            }
        }
        Probe.Report report = Probe.run(root).with(java(ModuleLayer.boot().findModule(NATIVE).orElse(null)));
        out.println(words.isEmpty() ? text(report) : json(report));
        return report.usable() ? 0 : 1;
    }

    /** Whether this Java was started so that it may make native calls, and only from the one module. */
    static Finding java(@Nullable Module module) {
        String version = "Java " + Runtime.version().feature();
        return module == null || !module.isNativeAccessEnabled()
                ? Finding.fail("java", version + " was started without --enable-native-access=" + NATIVE
                        + ": start it by bin/ghost")
                : Finding.ok("java", version + " may make native calls, from the module " + NATIVE + " alone");
    }

    private static String text(Probe.Report report) {
        StringBuilder text = new StringBuilder();
        for (Finding finding : report.findings()) {
            text.append("%-5s%-11s%s%n".formatted(finding.verdict().text(), finding.name(), finding.text()));
        }
        return text.append(report.usable() ? "sched_ext can be used: ghost host --backend sched_ext"
                : "sched_ext cannot be used here; --backend sim simulates a machine everywhere").toString();
    }

    private static String json(Probe.Report report) {
        StringBuilder json = new StringBuilder("{\"usable\": ").append(report.usable()).append(", \"findings\": [");
        String separator = "";
        for (Finding finding : report.findings()) {
            json.append(separator).append("{\"name\": ").append(quote(finding.name()))
                    .append(", \"verdict\": ").append(quote(finding.verdict().text().toLowerCase(Locale.ROOT)))
                    .append(", \"text\": ").append(quote(finding.text())).append('}');
            separator = ", ";
        }
        return json.append("]}").toString();
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
