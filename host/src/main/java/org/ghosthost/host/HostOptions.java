package org.ghosthost.host;

import static org.ghosthost.host.CommandLineParser.flag;
import static org.ghosthost.host.CommandLineParser.value;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.cli.CommandLine;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ghost host} was told.
 *
 * @param workDirectory where the host keeps what is its own
 * @param state where it keeps what outlives it
 * @param backend name of the backend
 * @param backendOptions settings of the backend by name
 * @param machine the machine to simulate, or this one
 * @param cpus CPUs of the first enclave; null if there shall be none yet
 * @param enclave number of the first enclave; 0 for the next free one
 * @param policies policy jars to install, in this order
 * @param enclaves further enclaves, of a configuration file
 * @param console whether to open a shell on the terminal
 * @param json whether to say in JSON that the host is up
 */
record HostOptions(
        Path workDirectory,
        Path state,
        String backend,
        Map<String, String> backendOptions,
        Topology machine,
        @Nullable CpuSet cpus,
        int enclave,
        List<String> policies,
        List<HostConfig.EnclavePlan> enclaves,
        boolean console,
        boolean json) {
    static final String SIMULATED = "sim";
    static final String SCHED_EXT = "sched_ext";
    private static final int MAX_ENCLAVE = 65_535;

    static final CommandLineParser PARSER = new CommandLineParser("host", "",
            "Starts a host: a long-lived process that owns enclaves and schedules what is in them.",
            List.of(
                    value("config", "FILE", "backend, enclaves and policies (etc/ghost.conf, if none is said here)"),
                    value("ghost_cpus", "LIST", "make an enclave of these CPUs, for instance 0-7 or 0,2,4-6"),
                    value("enclave", "ID", "number of that enclave, 1 to 65535 (the next free one)"),
                    value("policy", "JAR", "install this policy; the enclave takes it (repeatable)"),
                    value("backend", "NAME", "what runs the threads: sim, a simulated machine, or sched_ext (sim)"),
                    value("option", "NAME=VALUE", "setting of the sched_ext backend (repeatable)"),
                    flag("pin", "leave threads and scheduler to the next host when this one ends (sched_ext)"),
                    value("cpus", "N", "number of CPUs of the simulated machine (8)"),
                    value("machine", "TEXT", "the simulated machine, for instance \"sockets=2 cores=4 smt=2\""),
                    flag("console", "open a shell on the terminal; leaving it stops the host"),
                    value("name", "NAME", "name of the host, if there are several (default)"),
                    value("workdir", "DIR", "where the host keeps lock, control socket, log and state"),
                    value("state", "DIR", "where it keeps what outlives it (state, in the work directory)"),
                    flag("json", "say in JSON that the host is up")));

    HostOptions {
        policies = List.copyOf(policies);
        enclaves = List.copyOf(enclaves);
        backendOptions = Map.copyOf(backendOptions);
    }

    /** Options that say what a configuration file says. */
    private static final List<String> INSTEAD_OF_A_FILE =
            List.of("ghost_cpus", "enclave", "policy", "backend", "option", "pin", "cpus", "machine");

    static HostOptions of(CommandLine line) throws GhostException {
        String home = System.getProperty(Main.HOME);
        Path file = configuration(line, home);
        if (file == null) {
            return ofCommandLine(line);
        }
        HostConfig config = HostConfig.read(file, home == null ? file : Path.of(home, "policies"));
        return new HostOptions(workDirectory(line), state(line), config.backend(), config.backendOptions(),
                config.machine(), null, 0, List.of(), config.enclaves(), line.hasOption("console"),
                line.hasOption("json"));
    }

    private static @Nullable Path configuration(CommandLine line, @Nullable String home) throws GhostException {
        String instead = INSTEAD_OF_A_FILE.stream().filter(line::hasOption).findFirst().orElse(null);
        if (line.hasOption("config")) {
            if (instead != null) {
                throw GhostException.usage("--config and --" + instead + " exclude each other: say it in the file");
            }
            return Path.of(line.getOptionValue("config")).toAbsolutePath().normalize();
        }
        Path usual = home == null ? null : Path.of(home, "etc", "ghost.conf");
        return instead == null && usual != null && Files.exists(usual) ? usual : null;
    }

    private static HostOptions ofCommandLine(CommandLine line) throws GhostException {
        String backend = backend(line);
        Topology machine = backend.equals(SCHED_EXT) ? thisMachine(line) : machine(line);
        String enclave = line.getOptionValue("enclave");
        String cpus = line.getOptionValue("ghost_cpus");
        List<String> policies = line.hasOption("policy") ? List.of(line.getOptionValues("policy")) : List.of();
        if (cpus == null && (enclave != null || !policies.isEmpty())) {
            throw GhostException.usage("--" + (enclave != null ? "enclave" : "policy")
                    + " needs an enclave: say which CPUs it shall have by --ghost_cpus, for instance --ghost_cpus 0-"
                    + (machine.cpuCount() - 1));
        }
        return new HostOptions(workDirectory(line), state(line), backend, backendOptions(line, backend), machine,
                cpus == null ? null : cpus(cpus, machine),
                enclave == null ? 0 : enclave("--enclave", enclave), policies, List.of(),
                line.hasOption("console"), line.hasOption("json"));
    }

    private static Path state(CommandLine line) throws GhostException {
        return line.hasOption("state") ? Path.of(line.getOptionValue("state")) : workDirectory(line).resolve("state");
    }

    /** Where the host that {@code --name} or {@code --workdir} means keeps what is its own. */
    static Path workDirectory(CommandLine line) throws GhostException {
        if (line.hasOption("workdir")) {
            if (line.hasOption("name")) {
                throw GhostException.usage("--name and --workdir exclude each other");
            }
            return Path.of(line.getOptionValue("workdir")).toAbsolutePath().normalize();
        }
        return WorkDirectory.named(line.getOptionValue("name", WorkDirectory.DEFAULT_NAME));
    }

    private static String backend(CommandLine line) throws GhostException {
        String backend = line.getOptionValue("backend", SIMULATED);
        if (!backend.equals(SIMULATED) && !backend.equals(SCHED_EXT)) {
            throw GhostException.usage("unknown backend '" + backend + "': use --backend sim or --backend sched_ext");
        }
        return backend;
    }

    private static Map<String, String> backendOptions(CommandLine line, String backend) throws GhostException {
        Map<String, String> options = new TreeMap<>();
        String[] given = line.hasOption("option") ? line.getOptionValues("option") : new String[0];
        for (String option : given) {
            int equals = option.indexOf('=');
            if (equals <= 0) {
                throw GhostException.usage("--option takes NAME=VALUE, not '" + option + "'");
            }
            options.put(option.substring(0, equals), option.substring(equals + 1));
        }
        if (line.hasOption("pin")) {
            options.put("pin", "1");
        }
        if (!options.isEmpty() && backend.equals(SIMULATED)) {
            throw GhostException.usage((given.length > 0 ? "--option" : "--pin")
                    + " is for --backend sched_ext: the simulated machine has no settings");
        }
        return options;
    }

    private static Topology thisMachine(CommandLine line) throws GhostException {
        if (line.hasOption("cpus") || line.hasOption("machine")) {
            throw GhostException.usage("--" + (line.hasOption("cpus") ? "cpus" : "machine")
                    + " describes a simulated machine: --backend sched_ext takes this one as it is");
        }
        try {
            return Topology.ofHost();
        } catch (IOException e) {
            throw new GhostException("the CPUs of this machine are not known: " + Sentences.of(e));
        }
    }

    private static Topology machine(CommandLine line) throws GhostException {
        if (line.hasOption("machine") && line.hasOption("cpus")) {
            throw GhostException.usage("--cpus and --machine exclude each other");
        }
        String option = line.hasOption("machine") ? "machine" : "cpus";
        try {
            return Topology.parse(line.getOptionValue(option, "8"));
        } catch (IllegalArgumentException e) {
            throw GhostException.usage("--" + option + ": " + e.getMessage());
        }
    }

    private static CpuSet cpus(String list, Topology machine) throws GhostException {
        try {
            CpuSet cpus = machine.parseCpus(list);
            if (cpus.isEmpty()) {
                throw GhostException.usage("--ghost_cpus names no CPU");
            }
            return cpus;
        } catch (IllegalArgumentException e) {
            throw GhostException.usage("--ghost_cpus: " + e.getMessage());
        }
    }

    /** The number of an enclave; {@code what} is what it was given as. */
    static int enclave(String what, String text) throws GhostException {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= MAX_ENCLAVE) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw GhostException.usage(what + " must be 1 to " + MAX_ENCLAVE + ": " + text);
    }
}
