package org.ghosthost.shell;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.policy.Feature;

/** Gogo commands about policies, and which of them leads where. */
public final class PolicyCommands {
    /** A roll that takes longer than this is still told of, as being under way. */
    private static final long ROLL_TIMEOUT_MS = 5_000;

    private final Enclaves enclaves;

    PolicyCommands(Enclaves enclaves) {
        this.enclaves = enclaves;
    }

    static String[] functions() {
        return new String[] {"policies", "attach", "roll", "rollback", "history"};
    }

    /** Lists the installed releases. */
    @Descriptor("list the installed policies; felix:install JAR adds one")
    public void policies(CommandSession session, @Descriptor("[--json]") String[] words) throws ShellException {
        enclaves.run(this, "policies", Set.of(), session, words, arguments -> {
            arguments.end();
            Table table = new Table("policy", "version", "model", "needs", "enclaves", "rolled_back", "from");
            List<Enclave> all = enclaves.manager().enclaves();
            for (PolicyRelease release : enclaves.manager().policies().releases()) {
                table.add(release.name(), release.version(), release.model().text(),
                        release.needs().stream().map(Feature::text).sorted().toList(),
                        all.stream().filter(enclave -> release.equals(enclave.policy())).map(Enclave::id).toList(),
                        enclaves.manager().policies().isRejected(release), release.origin().replaceFirst("#.*", ""));
            }
            return arguments.json() ? table.json() : table.text();
        });
    }

    /** Lets a policy lead, whatever led before. */
    @Descriptor("let a policy lead in an enclave, whatever led before; without a version, the highest")
    public void attach(CommandSession session,
            @Descriptor("[ENCLAVE] POLICY [VERSION] [KEY=VALUE]... [--json]") String[] words) throws ShellException {
        enclaves.run(this, "attach", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            String name = arguments.next("which policy");
            String version = "";
            Map<String, String> configuration = new LinkedHashMap<>();
            for (String word : arguments.rest()) {
                int equals = word.indexOf('=');
                if (equals > 0) {
                    configuration.put(word.substring(0, equals), word.substring(equals + 1));
                } else if (version.isEmpty()) {
                    version = word;
                } else {
                    throw new ShellException("neither a version nor a KEY=VALUE: '" + word + "'");
                }
            }
            return report(enclave.attach(find(name, version), configuration), arguments.json());
        });
    }

    /** Rolls to another version of a policy. */
    @Descriptor("roll an enclave to another version of its policy, the highest if none is named, up or down")
    public void roll(CommandSession session, @Descriptor("[ENCLAVE] [POLICY] [VERSION] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "roll", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            PolicyRelease present = enclave.policy();
            String name = present == null ? "" : present.name();
            String version = "";
            for (String word : arguments.rest()) {
                if (Character.isDigit(word.charAt(0))) {
                    version = word;
                } else {
                    name = word;
                }
            }
            if (name.isEmpty()) {
                throw new ShellException("enclave " + enclave.id() + " has no policy of its own yet: say which one");
            }
            return report(enclave.roll(find(name, version)), arguments.json());
        });
    }

    /** Goes back to the release before. */
    @Descriptor("go back to the release that led before; the present one is not taken again by itself")
    public void rollback(CommandSession session, @Descriptor("[ENCLAVE] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "rollback", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            arguments.end();
            return report(enclave.rollback(), arguments.json());
        });
    }

    /** Lists the rolls of an enclave. */
    @Descriptor("list the rolls of an enclave, oldest first")
    public void history(CommandSession session, @Descriptor("[ENCLAVE] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "history", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            arguments.end();
            Table table = rolls();
            enclave.history().forEach(roll -> add(table, roll));
            return arguments.json() ? table.json() : table.text();
        });
    }

    private static Table rolls() {
        return new Table("enclave", "from", "to", "generation", "outcome", "blackout_ns", "tasks_before",
                "tasks_after", "reason");
    }

    private static void add(Table table, Roll roll) {
        table.add(roll.enclave(), roll.from(), roll.to(), roll.toGeneration(), roll.outcome().text(),
                new Table.Ns(roll.blackoutNs()), roll.tasksBefore(), roll.tasksAfter(), roll.reason());
    }

    private PolicyRelease find(String name, String version) throws ShellException {
        var policies = enclaves.manager().policies();
        return policies.find(name, version).orElseThrow(() -> new ShellException("policy " + name
                + (version.isEmpty() ? "" : " " + version) + " is not installed"
                + (policies.releases().isEmpty() ? ": felix:install JAR installs one" : "; there are "
                        + String.join(", ", policies.releases().stream().map(PolicyRelease::id).toList()))));
    }

    private static String report(Handoff handoff, boolean json)
            throws ShellException, EnclaveException, InterruptedException {
        handoff.await(ROLL_TIMEOUT_MS);
        Roll roll = handoff.roll();
        if (roll.outcome() == Roll.Outcome.ROLLED_BACK || roll.outcome() == Roll.Outcome.REMOVED) {
            throw new ShellException("enclave " + roll.enclave() + " went back to " + roll.from() + " from " + roll.to()
                    + (roll.reason().isEmpty() ? "" : ": " + roll.reason()));
        }
        if (json) {
            Table table = rolls();
            add(table, roll);
            return table.jsonObject();
        }
        String how = roll.outcome() == Roll.Outcome.COMMITTED ? " rolled from " : " is rolling from ";
        return "enclave " + roll.enclave() + how + roll.from() + " to " + roll.to() + " (generation "
                + roll.toGeneration() + ", blackout " + TimeUnit.NANOSECONDS.toMicros(roll.blackoutNs()) + " us, tasks "
                + roll.tasksBefore() + " before and " + roll.tasksAfter() + " after)";
    }
}
