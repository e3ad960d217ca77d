package org.ghosthost.distribution;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rooms of the house and the arrows between them, as {@code docs/architecture.md} draws them: which packages below
 * {@code org.ghosthost} may be imported by which. A room is a package with all packages below it that are no room.
 */
final class Rooms {

    private static final String BASE = "org.ghosthost.";

    private static final Map<String, Set<String>> ARROWS = new TreeMap<>(Map.ofEntries(
            Map.entry("policy", Set.of()),
            Map.entry("agent", Set.of("policy")),
            Map.entry("policies", Set.of("policy", "agent")),
            Map.entry("enclave", Set.of("enclave.kernel", "policy", "agent")),
            Map.entry("enclave.kernel", Set.of("policy")),
            Map.entry("workload", Set.of("policy")),
            Map.entry("kernel.sim", Set.of("enclave.kernel", "policy", "workload")),
            Map.entry("ffm", Set.of()),
            Map.entry("kernel.schedext", Set.of("enclave.kernel", "policy", "ffm")),
            Map.entry("metrics", Set.of("enclave", "enclave.kernel", "policy")),
            Map.entry("simulate", Set.of("enclave", "enclave.kernel", "kernel.sim", "workload", "policy", "metrics")),
            Map.entry("shell", Set.of("enclave", "enclave.kernel", "policy")),
            Map.entry("testkit", Set.of("policy", "agent", "enclave", "enclave.kernel", "kernel.sim", "workload")),
            Map.entry("host", Set.of("enclave", "enclave.kernel", "policy"))));

    static final Set<String> ALL = ARROWS.keySet();

    private Rooms() { }

    /** Whether the package is the product's own. */
    static boolean isOurs(String packageName) {
        return packageName.startsWith(BASE);
    }

    /** The room of a package of ours: the longest name in the table that the package starts with. */
    static String of(String packageName) {
        String room = packageName.substring(BASE.length());
        while (!ARROWS.containsKey(room)) {
            int dot = room.lastIndexOf('.');
            if (dot < 0) {
                throw new IllegalArgumentException("no room for package " + packageName
                        + ": add it to the table of rooms and to docs/architecture.md");
            }
            room = room.substring(0, dot);
        }
        return room;
    }

    /** Whether code of one package may import the other; two policies never know each other. */
    static boolean mayImport(String from, String to) {
        if (of(from).equals(of(to))) {
            return !of(from).equals("policies") || policyOf(from).equals(policyOf(to));
        }
        return ARROWS.get(of(from)).contains(of(to));
    }

    private static String policyOf(String packageName) {
        return packageName.split("\\.", -1)[3];
    }
}
