package org.ghosthost.shell;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.join.Caller;
import org.ghosthost.enclave.join.JoinException;
import org.ghosthost.enclave.join.Joining;
import org.ghosthost.enclave.join.Target;

/** Gogo commands that bring threads in and give them back. Whoever may give commands acts as the host's own user. */
public final class JoinCommands {
    private static final Set<String> TARGETS = Set.of("--pid", "--tid", "--cgroup");

    private final Enclaves enclaves;

    JoinCommands(Enclaves enclaves) {
        this.enclaves = enclaves;
    }

    static String[] functions() {
        return new String[] {"push", "pull"};
    }

    /** Brings threads into an enclave. */
    @Descriptor("bring a process, a thread, or the processes of a cgroup into an enclave")
    public void push(CommandSession session,
            @Descriptor("[ENCLAVE] --pid PID | --tid TID | --cgroup PATH [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "push", TARGETS, session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            Target target = target(arguments);
            arguments.end();
            return report(arguments, "entered", joining -> joining.push(self(), enclave.id(), target));
        });
    }

    /** Gives threads back. */
    @Descriptor("give a process, a thread, or the processes of a cgroup back to the default scheduler")
    public void pull(CommandSession session,
            @Descriptor("--pid PID | --tid TID | --cgroup PATH [--json]") String[] words) throws ShellException {
        enclaves.run(this, "pull", TARGETS, session, words, arguments -> {
            Target target = target(arguments);
            arguments.end();
            return report(arguments, "left", joining -> joining.pull(self(), target));
        });
    }

    private interface Move {
        int by(Joining joining) throws JoinException, EnclaveException, ShellException;
    }

    private String report(Arguments arguments, String what, Move move) throws ShellException, EnclaveException {
        try {
            int threads = move.by(new Joining(enclaves.manager()));
            return arguments.json() ? new Table("threads").add(threads).jsonObject()
                    : threads + (threads == 1 ? " thread " : " threads ") + what;
        } catch (JoinException e) {
            throw new ShellException(e.getMessage());
        }
    }

    private static Caller self() throws ShellException {
        try {
            return Caller.self();
        } catch (IOException e) {
            throw new ShellException("it cannot be found out which user the host runs as: " + e.getMessage());
        }
    }

    private static Target target(Arguments arguments) throws ShellException {
        List<String> given = new ArrayList<>(List.of("pid", "tid", "cgroup"));
        given.removeIf(kind -> arguments.option("--" + kind, "").isEmpty());
        if (given.size() != 1) {
            throw new ShellException("say one of --pid, --tid and --cgroup");
        }
        try {
            return Target.parse(given.getFirst(), arguments.option("--" + given.getFirst(), ""));
        } catch (IllegalArgumentException e) {
            throw new ShellException(String.valueOf(e.getMessage()));
        }
    }
}
