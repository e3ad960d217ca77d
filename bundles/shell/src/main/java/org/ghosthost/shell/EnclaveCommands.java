package org.ghosthost.shell;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.EnclaveStatus;
import org.ghosthost.enclave.TaskInfo;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.WorkloadRunner;
import org.ghosthost.policy.topology.CpuSet;

/** Gogo commands about enclaves, their tasks and their tunables. */
public final class EnclaveCommands {
    private static final String AUTO = "0";

    private final Enclaves enclaves;

    EnclaveCommands(Enclaves enclaves) {
        this.enclaves = enclaves;
    }

    static String[] functions() {
        return new String[] {"enclaves", "create", "destroy", "status", "tasks", "why", "tunable", "dump", "run"};
    }

    /** Lists the enclaves. */
    @Descriptor("list the enclaves")
    public void enclaves(CommandSession session, @Descriptor("[--json]") String[] words) throws ShellException {
        enclaves.run(this, "enclaves", Set.of(), session, words, arguments -> {
            arguments.end();
            Table table = new Table("id", "cpus", "policy", "version", "generation", "model", "tasks", "handoff");
            for (Enclave enclave : enclaves.manager().enclaves()) {
                EnclaveStatus s = enclave.status();
                table.add(s.id(), s.cpus(), s.policy(), s.version(), s.generation(), s.model(), s.tasks(),
                        s.handoff());
            }
            return arguments.json() ? table.json() : table.text();
        });
    }

    /** Makes an enclave. */
    @Descriptor("make an enclave of these CPUs; the built-in FIFO schedules until a policy is attached")
    public void create(CommandSession session, @Descriptor("CPUS [--id ID] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "create", Set.of("--id"), session, words, arguments -> {
            EnclaveManager manager = enclaves.manager();
            String list = arguments.next("which CPUs, for instance 0-3");
            int id = Arguments.number(arguments.option("--id", AUTO), "the number of an enclave");
            arguments.end();
            CpuSet cpus;
            try {
                cpus = manager.backend().topology().parseCpus(list);
            } catch (IllegalArgumentException e) {
                throw new ShellException(String.valueOf(e.getMessage()));
            }
            Enclave enclave = manager.create(id, cpus);
            return arguments.json() ? new Table("id", "cpus").add(enclave.id(), enclave.cpus()).jsonObject()
                    : "enclave " + enclave.id() + " is made of CPUs " + enclave.cpus();
        });
    }

    /** Destroys an enclave. */
    @Descriptor("destroy an enclave: its tasks go back to the default scheduler, its CPUs are free")
    public void destroy(CommandSession session, @Descriptor("ID [--json]") String[] words) throws ShellException {
        enclaves.run(this, "destroy", Set.of(), session, words, arguments -> {
            int id = arguments.nextNumber("the number of an enclave");
            arguments.end();
            enclaves.manager().destroy(id);
            return arguments.json() ? new Table("id").add(id).jsonObject() : "enclave " + id + " is destroyed";
        });
    }

    /** Shows how enclaves are. */
    @Descriptor("show how an enclave is; without a number, all of them")
    public void status(CommandSession session, @Descriptor("[ID] [--json]") String[] words) throws ShellException {
        enclaves.run(this, "status", Set.of(), session, words, arguments -> {
            boolean one = !arguments.isEmpty();
            List<Enclave> shown = one
                    ? List.of(enclaves.manager().enclave(arguments.nextNumber("the number of an enclave")))
                    : enclaves.manager().enclaves();
            arguments.end();
            Table table = new Table("enclave", "cpus", "policy", "version", "generation", "model", "global_cpu",
                    "handoff", "tasks", "tasks_lost", "messages", "overflows", "stale_messages", "decisions",
                    "transactions", "passes", "last_blackout_ns", "auto_roll", "generations_reachable", "gone_because");
            for (Enclave enclave : shown) {
                addStatus(table, enclave);
            }
            if (arguments.json()) {
                return one ? table.jsonObject() : table.json();
            }
            return table.isEmpty() ? "there is no enclave: create CPUS makes one" : table.details();
        });
    }

    private static void addStatus(Table table, Enclave enclave) {
        EnclaveStatus s = enclave.status();
        table.add(s.id(), s.cpus(), s.policy(), s.version().isEmpty() ? null : s.version(), s.generation(), s.model(),
                s.globalCpu() < 0 ? null : s.globalCpu(), s.handoff().isEmpty() ? null : s.handoff(), s.tasks(),
                s.lostTasks(), s.messages(), s.overflows(), s.staleMessages(), s.decisions(), s.transactions(),
                s.passes(), s.lastBlackoutNs() < 0 ? null : new Table.Ns(s.lastBlackoutNs()), enclave.autoRoll(),
                s.reachablePast(), enclave.destroyedBecause());
    }

    /** Lists the tasks of an enclave. */
    @Descriptor("list the tasks of an enclave")
    public void tasks(CommandSession session, @Descriptor("[ENCLAVE] [--json]") String[] words) throws ShellException {
        enclaves.run(this, "tasks", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            arguments.end();
            Table table = new Table("gtid", "name", "state", "cpu", "nice", "runtime_ns", "waiting_ns");
            for (TaskInfo task : enclave.tasks()) {
                table.add(task.gtid(), task.name(), task.state(), task.cpu() < 0 ? null : task.cpu(), task.nice(),
                        new Table.Ns(task.runtimeNs()), new Table.Ns(task.waitingNs()));
            }
            return arguments.json() ? table.json() : table.text();
        });
    }

    /** Shows or sets tunables. */
    @Descriptor("show the tunables of an enclave, or one of them, or set it")
    public void tunable(CommandSession session, @Descriptor("[ENCLAVE] [NAME [VALUE]] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "tunable", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            String name = arguments.nextOr("");
            String value = arguments.nextOr("");
            arguments.end();
            if (!value.isEmpty()) {
                enclave.setTunable(name, value);
            }
            Map<String, String> all = enclave.tunables();
            if (!name.isEmpty() && !all.containsKey(name)) {
                throw new ShellException("enclave " + enclave.id() + " has no tunable '" + name + "': it has "
                        + String.join(", ", all.keySet()));
            }
            Table table = new Table("name", "value");
            all.forEach((key, set) -> {
                if (name.isEmpty() || name.equals(key)) {
                    table.add(key, Long.valueOf(set));
                }
            });
            return arguments.json() ? table.json() : table.text();
        });
    }

    /** Says why a task does not run. */
    @Descriptor("say why a task runs, waits or sleeps; a task is a gtid as ghost:tasks shows it, a thread id or a name")
    public void why(CommandSession session, @Descriptor("TASK [--json]") String[] words) throws ShellException {
        enclaves.run(this, "why", Set.of(), session, words, arguments -> {
            String task = arguments.next("which task, for instance 1234");
            arguments.end();
            for (Enclave enclave : enclaves.manager().enclaves()) {
                String why = enclave.why(task).orElse("");
                if (!why.isEmpty()) {
                    return arguments.json()
                            ? new Table("enclave", "task", "why").add(enclave.id(), task, why).jsonObject() : why;
                }
            }
            throw new ShellException("no enclave has a task " + task + ": ghost:tasks lists them");
        });
    }

    /** Shows what the policy says of itself. */
    @Descriptor("show what the policy of an enclave says of itself")
    public void dump(CommandSession session, @Descriptor("[ENCLAVE] [--json]") String[] words) throws ShellException {
        enclaves.run(this, "dump", Set.of(), session, words, arguments -> {
            Enclave enclave = enclaves.next(arguments);
            arguments.end();
            String dump = enclave.dump().stripTrailing();
            return arguments.json() ? new Table("enclave", "dump").add(enclave.id(), dump).jsonObject() : dump;
        });
    }

    /** Starts a workload on the simulated machine. */
    @Descriptor("start a workload in an enclave: an rt-app file, a recorded trace, or a generator such as"
            + " spin:tasks=10,run=1ms")
    public void run(CommandSession session, @Descriptor("WORKLOAD [--enclave ID] [--json]") String[] words)
            throws ShellException {
        enclaves.run(this, "run", Set.of("--enclave"), session, words, arguments -> {
            String workload = arguments.next("what to run, for instance spin:tasks=10,run=1ms");
            String id = arguments.option("--enclave", "");
            arguments.end();
            Enclave enclave = id.isEmpty() ? enclaves.only()
                    : enclaves.manager().enclave(Arguments.number(id, "the number of an enclave"));
            if (!(enclaves.manager().backend() instanceof WorkloadRunner runner)) {
                throw new ShellException("the " + enclaves.manager().backend().name()
                        + " backend makes no threads of its own: start a program, and let its threads enter");
            }
            String started = start(runner, workload, session, enclave);
            return arguments.json()
                    ? new Table("enclave", "started").add(enclave.id(), started).jsonObject() : started;
        });
    }

    private static String start(WorkloadRunner runner, String workload, CommandSession session, Enclave enclave)
            throws ShellException, EnclaveException {
        try {
            return runner.startWorkload(workload, session.currentDir(), enclave.id());
        } catch (KernelException e) {
            throw new ShellException(String.valueOf(e.getMessage()));
        }
    }
}
