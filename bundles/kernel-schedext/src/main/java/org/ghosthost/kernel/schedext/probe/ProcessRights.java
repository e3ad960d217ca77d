package org.ghosthost.kernel.schedext.probe;

import static org.ghosthost.kernel.schedext.probe.Finding.fail;
import static org.ghosthost.kernel.schedext.probe.Finding.note;
import static org.ghosthost.kernel.schedext.probe.Finding.ok;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What this process itself may do. */
final class ProcessRights {
    /** Capabilities, by their number in the kernel's masks. */
    private enum Capability {
        CAP_IPC_LOCK(14), CAP_SYS_ADMIN(21), CAP_SYS_NICE(23), CAP_PERFMON(38), CAP_BPF(39);

        private final int bit;

        Capability(int bit) {
            this.bit = bit;
        }

        boolean in(long mask) {
            return (mask >>> bit & 1) != 0;
        }
    }

    private static final String STATUS = "proc/self/status";
    private static final String HOW = "run ghost as root, or give the service these capabilities";
    private static final String UNLIMITED = "unlimited";
    /** Number of the field of /proc/self/stat with the scheduling class, counted from the one after the name. */
    private static final int POLICY = 38;
    private static final String SCHED_EXT = "7";

    private final Machine machine;
    private final List<Finding> findings;

    ProcessRights(Machine machine, List<Finding> findings) {
        this.machine = machine;
        this.findings = findings;
    }

    void look() {
        long mask = mask(machine.value(STATUS, "CapEff"));
        capabilities(mask);
        memory(mask);
        schedulingClass();
    }

    private static long mask(@Nullable String hex) {
        return hex == null || !hex.matches("[0-9a-f]{1,16}") ? 0 : Long.parseUnsignedLong(hex, 16);
    }

    private void capabilities(long mask) {
        if (!Capability.CAP_SYS_ADMIN.in(mask)) {
            List<String> missing = new ArrayList<>();
            for (Capability needed : List.of(Capability.CAP_BPF, Capability.CAP_PERFMON)) {
                if (!needed.in(mask)) {
                    missing.add(needed.name());
                }
            }
            if (!missing.isEmpty()) {
                findings.add(fail("privileges", "this process has no " + String.join(" and no ", missing)
                        + ", without which no scheduler can be loaded: " + HOW));
                return;
            }
        }
        findings.add(Capability.CAP_SYS_NICE.in(mask) ? ok("privileges", "this process may load a scheduler")
                : note("privileges", "this process has no CAP_SYS_NICE and can take threads of its own user only: "
                        + HOW));
    }

    private void memory(long mask) {
        String soft = softLimit();
        if (Capability.CAP_IPC_LOCK.in(mask) || UNLIMITED.equals(soft)) {
            findings.add(ok("memory", "the host's memory can be locked"));
        } else {
            findings.add(note("memory", "the host's memory cannot be locked"
                    + (soft == null ? "" : " (the limit is " + soft + " bytes)") + ", so that an agent may wait for a"
                    + " page: set the limit memlock to unlimited"));
        }
    }

    private @Nullable String softLimit() {
        for (String line : machine.lines("proc/self/limits")) {
            if (line.startsWith("Max locked memory")) {
                return line.substring("Max locked memory".length()).strip().split("\\s+", 2)[0];
            }
        }
        return null;
    }

    private void schedulingClass() {
        String stat = machine.text("proc/self/stat");
        String[] fields = stat == null ? new String[0]
                : stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        if (fields.length > POLICY && fields[POLICY].equals(SCHED_EXT)) {
            findings.add(fail("class", "this process was started inside of an enclave, whose policy would have to"
                    + " schedule its own host: start it from elsewhere, or ghost pull it"));
        }
    }
}
