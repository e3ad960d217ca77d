package org.ghosthost.kernel.schedext.probe;

import static org.ghosthost.kernel.schedext.probe.Finding.fail;
import static org.ghosthost.kernel.schedext.probe.Finding.note;
import static org.ghosthost.kernel.schedext.probe.Finding.ok;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a machine. Reads files only, changes nothing, loads nothing; needs some tens of milliseconds, most of them
 * for the types of the kernel.
 */
public final class Probe {
    /** What the names of our own schedulers begin with, as {@code /sys/kernel/sched_ext/root/ops} shows them. */
    public static final String OWN_NAME = "ghost";

    private static final Pattern ISOLATED = Pattern.compile("(?:^|\\s)isolcpus=(\\S+)");

    private final Machine machine;
    private final List<Finding> findings = new ArrayList<>();

    private Probe(Machine machine) {
        this.machine = machine;
    }

    /**
     * What was found.
     *
     * @param findings the checklist, in the order in which things are needed
     * @param libbpf the library to load; empty if there is none
     */
    public record Report(List<Finding> findings, Optional<Libbpf> libbpf) {
        /** Copies the list. */
        public Report {
            findings = List.copyOf(findings);
        }

        /** The same with one finding more. */
        Report with(Finding finding) {
            List<Finding> more = new ArrayList<>(findings);
            more.add(finding);
            return new Report(more, libbpf);
        }

        /** Whether nothing stands against sched_ext. */
        public boolean usable() {
            return findings.stream().noneMatch(Finding::fatal);
        }

        /** The first thing that stands against it, as one sentence; empty if nothing does. */
        public String refusal() {
            return refusalBesides("");
        }

        /** As {@link #refusal}, but for the finding of this name. */
        public String refusalBesides(String name) {
            return findings.stream().filter(finding -> finding.fatal() && !finding.name().equals(name))
                    .map(Finding::text).findFirst().orElse("");
        }
    }

    /**
     * Looks at the machine whose files lie below {@code root}.
     *
     * @param root {@code /}, or a recorded tree
     */
    public static Report run(Path root) {
        Probe probe = new Probe(new Machine(root));
        boolean schedExt = probe.kernel();
        if (schedExt) {
            probe.types();
            probe.otherScheduler();
        }
        probe.isolatedCpus();
        new ProcessRights(probe.machine, probe.findings).look();
        Optional<Libbpf> libbpf = Libbpf.find(root);
        probe.libbpf(libbpf.orElse(null));
        probe.fileSystems();
        return new Report(probe.findings, libbpf);
    }

    private boolean kernel() {
        String release = machine.release();
        if (machine.has("sys/kernel/sched_ext")) {
            findings.add(ok("kernel", "Linux " + release + " has sched_ext"));
            return true;
        }
        boolean linux = machine.has("proc/sys/kernel/osrelease");
        String why = !linux ? "this is not Linux: use --backend sim"
                : "n".equals(machine.option("CONFIG_SCHED_CLASS_EXT"))
                        ? "Linux " + release + " was built without CONFIG_SCHED_CLASS_EXT: boot a kernel that has it,"
                                + " 6.12 or newer"
                        : !machine.has("sys/kernel") ? "/sys is not mounted here: mount it, or leave the container"
                        : "Linux " + release + " has no sched_ext: boot a kernel of 6.12 or newer that was built with"
                                + " CONFIG_SCHED_CLASS_EXT";
        findings.add(fail("kernel", why));
        return false;
    }

    private void types() {
        String file = "sys/kernel/btf/vmlinux";
        if (!machine.has(file)) {
            findings.add(fail("btf", "the kernel does not describe its types (/sys/kernel/btf/vmlinux is missing): boot"
                    + " one that was built with CONFIG_DEBUG_INFO_BTF"));
            return;
        }
        try {
            Btf btf = Btf.read(machine.path(file));
            if (!btf.hasStruct("sched_ext_ops")) {
                findings.add(fail("btf", "the kernel's BTF does not know sched_ext_ops: boot another kernel"));
                return;
            }
            Map<String, String> problems = Kfuncs.problems(btf);
            findings.add(problems.isEmpty() ? ok("btf", "the kernel's BTF describes every function that is needed")
                    : fail("btf", sentence(problems)));
        } catch (IOException e) {
            findings.add(fail("btf", "the kernel's BTF cannot be read (" + e.getMessage() + "): boot another kernel"));
        }
    }

    private static String sentence(Map<String, String> problems) {
        Map.Entry<String, String> first = problems.entrySet().stream().filter(p -> !p.getValue().isEmpty()).findFirst()
                .orElse(problems.entrySet().iterator().next());
        String more = problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)";
        return first.getValue().isEmpty()
                ? "the kernel has no function " + first.getKey() + more + ": boot a kernel of 6.12 or newer"
                : "the kernel's BTF is defective (made by a pahole that is too old): " + first.getValue() + more
                        + "; boot another kernel";
    }

    private void otherScheduler() {
        String state = machine.text("sys/kernel/sched_ext/state");
        if (state == null || state.equals("disabled")) {
            findings.add(ok("scheduler", "no sched_ext scheduler is attached"));
            return;
        }
        String name = machine.text("sys/kernel/sched_ext/root/ops");
        if (name != null && name.startsWith(OWN_NAME)) {
            findings.add(note("scheduler", "a scheduler of Ghosthost is attached: another host is running, or one left"
                    + " it pinned for its successor"));
        } else {
            findings.add(fail("scheduler", "another sched_ext scheduler is attached, "
                    + (name == null ? "whose name the kernel does not tell" : "'" + name + "'") + " (" + state
                    + "): stop it first, the kernel has room for one"));
        }
    }

    private void isolatedCpus() {
        String line = machine.text("proc/cmdline");
        Matcher matcher = ISOLATED.matcher(line == null ? "" : line);
        if (!matcher.find()) {
            findings.add(ok("isolcpus", "no CPU is isolated at boot"));
            return;
        }
        String value = matcher.group(1);
        boolean flags = !Character.isDigit(value.charAt(0));
        boolean domain = !flags || List.of(value.split(",", -1)).contains("domain");
        findings.add(domain ? fail("isolcpus", "the kernel was booted with isolcpus=" + value + ", which sched_ext does"
                + " not go with: boot without it; isolated cpuset partitions do the same")
                : ok("isolcpus", "isolcpus=" + value + " does not take CPUs out of scheduling"));
    }

    private void libbpf(@Nullable Libbpf libbpf) {
        String oldest = "1." + Libbpf.OLDEST_MINOR;
        String install = ": install the package libbpf1 of Debian 13, or of bookworm-backports on Debian 12 (libbpf"
                + " elsewhere), or name one by --option libbpf=FILE";
        if (libbpf == null) {
            findings.add(fail("libbpf", "libbpf was not found, and " + oldest + " or newer is needed" + install));
        } else if (!libbpf.newEnough()) {
            findings.add(fail("libbpf", "libbpf " + libbpf.version() + " is not what is needed, " + oldest
                    + " or newer of version 1" + install));
        } else {
            findings.add(ok("libbpf", "libbpf " + libbpf.version() + " at " + libbpf.file()));
        }
    }

    private void fileSystems() {
        findings.add(machine.fileSystemsAt("/sys/fs/bpf").contains("bpf")
                ? ok("bpffs", "bpffs is mounted at /sys/fs/bpf")
                : note("bpffs", "bpffs is not mounted, which --pin needs: mount -t bpf bpf /sys/fs/bpf"));
        boolean unified = machine.fileSystemsAt("/sys/fs/cgroup").contains("cgroup2");
        boolean hybrid = machine.fileSystemsAt("/sys/fs/cgroup/unified").contains("cgroup2");
        findings.add(unified || hybrid ? ok("cgroup", "cgroup v2 is mounted at /sys/fs/cgroup"
                + (unified ? "" : "/unified"))
                : note("cgroup", "cgroup v2 is not mounted at /sys/fs/cgroup, which push --cgroup needs"));
    }
}
